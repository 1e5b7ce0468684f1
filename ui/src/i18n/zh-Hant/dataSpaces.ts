import type { Texts } from "..";

export const dataSpaces: Texts["dataSpaces"] = {
  title: "SaaS資料空間",
  lead: "Adobe登錄資料的內容，以及各執行個體使用的資料空間。",
  loading: "正在詢問Adobe…",
  none: "此帳戶還沒有專案。請建立專案，資料空間會一併建立。",
  columns: { name: "資料空間", type: "類型", usedBy: "使用者", id: "ID" },
  types: { Production: "生產", Testing: "測試" },
  free: "未使用",
  only: { assigned: "已指派，尚未在該處看到", seen: "在該處看到，未指派" },
  create: "建立專案",
  assign: {
    title: (name) => `${name}的金鑰與資料空間`,
    lead: "在此決定它應有的設定。套用之前，伺服器上的內容不會變更。",
    sandbox: "沙箱金鑰",
    production: "生產金鑰",
    leave: "維持不變",
    noPairs: "這部電腦沒有此帳戶的私密金鑰。請先提供金鑰。",
    bring: "提供金鑰",
    dataSpace: "資料空間",
    usedBy: (names) => `由${names}使用`,
    save: "儲存",
    plan: "儲存並預覽變更",
    incomplete: "請至少選擇一組金鑰與一個資料空間。",
  },
};
