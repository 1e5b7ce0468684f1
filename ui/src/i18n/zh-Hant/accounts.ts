import type { Texts } from "..";

export const accounts: Texts["accounts"] = {
  account: "帳戶",
  another: "其他帳戶…",
  choose: "請選擇…",
  hint: "以您自訂的名稱代表一個MageID及其授權擁有者。",
  mageIdHint: "Adobe第一次回應時會提供；僅在您已知道時填寫。",
  add: "新增此帳戶",
};
