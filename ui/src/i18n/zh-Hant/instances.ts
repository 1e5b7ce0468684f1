import type { Texts } from "..";

export const instances: Texts["instances"] = {
  title: "執行個體",
  columns: {
    instance: "執行個體",
    state: "狀態",
    account: "帳戶",
    dataSpace: "資料空間",
    proof: "Adobe的回應",
  },
  roles: {
    live: "線上",
    liveNotOpenYet: "線上，尚未開站",
    staging: "預備",
    development: "開發",
  },
  watchOnly: "僅監看",
  noDataSpace: "未知",
  noProof: "尚無",
  lastConnected: (age) => `上次確認已連線：${age}`,
  moreFindings: (count) => `另有${count}項發現`,
  loading: "正在讀取紀錄…",
  nothingMatches: "沒有符合的執行個體。",
  showAll: "顯示全部",
  refresh: "重新讀取",
  shown: (shown, all) => (shown === all ? `${all}個執行個體` : `${all}個執行個體中的${shown}個`),
  empty: {
    title: "還沒有執行個體",
    lead: "執行個體就是一套Adobe Commerce安裝。加入的方式有三種，都從命令列開始，完成後會立即顯示在這裡。",
    connect: "透過SSH連線",
    connectWhy: "適用於您可以登入的商店。在您看過變更預覽並套用之前，伺服器上的設定不會變更。",
    adopt: "接管已連線的執行個體",
    adoptWhy: "適用於先前已手動連線的商店。先依上述方式透過SSH加入，再由Patchbay接管現有設定；私密金鑰可以留在原處。",
    watch: "僅監看",
    watchWhy: "適用於無法登入的商店。只需要網址，Patchbay不會寫入任何內容。",
    copy: "執行個體名稱、帳戶與位址請換成您自己的。",
  },
};
