import type { Texts } from "..";

export const app: Texts["app"] = {
  name: "Patchbay",
  navigation: "主要頁面",
  board: "看板",
  settings: "設定",
  skip: "跳至清單",
  filter: "依名稱、帳戶或資料空間篩選",
  lights: "只顯示",
};
