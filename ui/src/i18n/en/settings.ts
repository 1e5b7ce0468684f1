export const settings = {
  title: "Settings",
  language: "Language",
  theme: "Appearance",
  languages: { system: "As the system", en: "English", "zh-Hant": "繁體中文" },
  themes: { system: "As the system", light: "Light", dark: "Dark" },
  notSaved: "Your choice works now but could not be saved for the next start.",
};
