import type { Texts } from "..";

export const palette: Texts["palette"] = {
  title: "搜尋或執行",
  placeholder: "執行個體、頁面，或您想做的事",
  place: "頁面",
  view: "切換接線與清單",
  found: (count) => `${count}項符合`,
  nothing: "沒有這個名稱的項目。",
};
