import type { Texts } from "..";

export const settings: Texts["settings"] = {
  title: "設定",
  language: "語言",
  theme: "外觀",
  languages: { system: "依系統設定", en: "English", "zh-Hant": "繁體中文" },
  themes: { system: "依系統設定", light: "淺色", dark: "深色" },
  notSaved: "選擇已生效，但無法儲存供下次啟動使用。",
};
