import type { Texts } from "..";

export const connection: Texts["connection"] = {
  states: {
    connected: "已連線",
    unverified: "需重新檢查",
    incomplete: "設定不完整",
    notConnected: "未連線",
    accountNotVerified: "金鑰遭Adobe拒絕",
    dataSpaceConflict: "資料空間重複使用",
    dataSpaceMismatch: "資料空間與此執行個體不符",
    gatewayOverridden: "使用其他閘道",
    drifted: "已在他處變更",
    connectorMissing: "未安裝Commerce服務聯結器",
    unreachable: "無法連上伺服器",
    differentInstance: "並非您加入的執行個體",
    unknown: "尚未檢查",
  },
  lights: {
    connected: "已連線",
    needsALook: "需要留意",
    notConnected: "未連線",
  },
};
