import type { Texts } from "..";

export const app: Texts["app"] = {
  held: "正在套用變更。完成之前會停在這一頁；尚未開始的項目可在這裡停止。",
  name: "Patchbay",
  navigation: "主要頁面",
  board: "看板",
  keyPairs: "API金鑰組",
  dataSpaces: "資料空間",
  history: "歷程記錄",
  settings: "設定",
  skip: "跳至清單",
  filter: "依名稱、帳戶或資料空間篩選",
  allAccounts: "所有帳戶",
  palette: "搜尋或執行",
  back: "返回看板",
  lights: "只顯示",
  demo: "示範模式：這裡的一切皆非真實",
};
