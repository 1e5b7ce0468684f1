import type { Texts } from "..";

export const start: Texts["start"] = {
  title: "啟動時的發現",
  keyPairKept: (name) => `${name}：私密金鑰已安全存入系統鑰匙圈，等候填寫API金鑰。`,
  keyPairLost: (name) => `${name}：私密金鑰在途中遺失。若Adobe已有這組金鑰，請在那裡刪除並重新建立。`,
  keyPairNothing: (name) => `${name}：提供金鑰時中斷，未儲存任何內容。`,
  copyInterrupted: (name) => `${name}：那一次複製中斷了，無法得知是否完成。若您沒有取得，請建立新的金鑰組；連線不需要複製金鑰。`,
  pushed: (name) => `${name}：中斷的套用已完成，新的值已存在。`,
  failed: (name) => `${name}：中斷的套用未執行，仍是先前的值。`,
  outcomeUnknown: (name) => `${name}：尚無法得知中斷的套用是否完成，下次啟動時會再確認。`,
  dismiss: "已讀",
};
