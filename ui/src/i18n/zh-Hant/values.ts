import type { Texts } from "..";

export const values: Texts["values"] = {
  groups: {
    sandboxKeys: "沙箱金鑰",
    productionKeys: "生產金鑰",
    saasIdentifier: "SaaS識別碼",
    payments: "付款服務",
  },
  names: {
    sandboxApiKey: "沙箱API金鑰",
    sandboxPrivateKey: "沙箱私密金鑰",
    productionApiKey: "生產API金鑰",
    productionPrivateKey: "生產私密金鑰",
    projectId: "專案ID",
    projectName: "專案",
    dataSpaceId: "資料空間ID",
    dataSpaceName: "資料空間",
    dataSpaceType: "資料空間類型",
    paymentMode: "付款模式",
    sandboxPaymentsId: "沙箱付款服務ID",
    productionPaymentsId: "生產付款服務ID",
  },
  fingerprint: "指紋",
  absent: "無",
};
