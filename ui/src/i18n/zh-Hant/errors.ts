import type { Texts } from "..";

export const errors: Texts["errors"] = {
  dataDirectoryUnusable: {
    title: "無法使用資料目錄",
    next: "未變更任何內容。請先解決以下問題再試一次：",
  },
  dataDirectoryNewer: {
    title: "這些紀錄由較新版本的Patchbay寫入",
    next: "未變更任何內容。請更新這部電腦上的Patchbay後重新啟動。",
  },
  internal: {
    title: "無法讀取紀錄",
    next: "未變更任何內容。請再試一次；如果問題持續，資料目錄中的記錄檔會說明原因。",
  },
  retry: "再試一次",
};
