import type { Texts } from "..";

export const errors: Texts["errors"] = {
  notNow: "先不要",
  dataDirectoryUnusable: {
    title: "無法使用資料目錄",
    next: "未變更任何內容。請先解決以下問題再試一次：",
  },
  dataDirectoryNewer: {
    title: "這些紀錄由較新版本的Patchbay寫入",
    next: "未變更任何內容。請更新這部電腦上的Patchbay後重新啟動。",
  },
  keychain: {
    title: "系統鑰匙圈沒有正常回應",
    next: "沒有遺失任何內容。請解鎖或啟動系統鑰匙圈後再試一次。",
  },
  badInput: {
    title: "表單中有無法接受的內容",
    next: "未變更任何內容。請修正後再試一次。",
  },
  privateKeyRefused: {
    title: "這不是可以使用的私密金鑰",
    next: "未儲存任何內容。",
  },
  intakeGone: {
    title: "私密金鑰已不再等候",
    next: "未儲存任何內容。請重新提供。",
  },
  notRead: {
    title: "無法讀取",
    next: "未儲存任何內容。請再試一次，或改用其他方式。",
  },
  nameTaken: {
    title: "這個名稱已使用",
    next: "未變更任何內容。請改用其他名稱。",
  },
  noSuch: {
    title: "已不存在",
    next: "未變更任何內容。請重新讀取以查看目前的內容。",
  },
  notReached: {
    title: "未能連上伺服器",
    next: "未變更任何內容。",
  },
  adobe: {
    title: "Adobe沒有給出可用的回應",
    next: "未變更任何內容。",
  },
  refused: {
    title: "目前無法執行",
    next: "未變更任何內容。",
  },
  badRequest: {
    title: "視窗送出了無法理解的要求",
    next: "未變更任何內容。這是Patchbay的錯誤，請回報。",
  },
  internal: {
    title: "無法讀取紀錄",
    next: "未變更任何內容。請再試一次；如果問題持續，資料目錄中的記錄檔會說明原因。",
  },
  retry: "再試一次",
};
