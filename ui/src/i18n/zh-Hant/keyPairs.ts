import type { Texts } from "..";

export const keyPairs: Texts["keyPairs"] = {
  purposes: { sandbox: "沙箱", production: "生產" },
};
