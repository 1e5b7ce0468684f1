import type { Texts } from "..";

export const journal: Texts["journal"] = {
  title: "歷程記錄",
  lead: "所有寫入的內容、執行者與變更的項目。",
  loading: "正在讀取歷程記錄…",
  empty: "還沒有套用任何內容。",
  columns: { at: "時間", instance: "執行個體", action: "動作", outcome: "結果", changes: "變更", act: "可執行的動作" },
  actions: { push: "套用", undo: "還原", detach: "中斷連線", adopt: "接管", repin: "重新確認身分" },
  running: "進行中",
  by: (person) => `執行者：${person}`,
  changes: (count) => `${count}項`,
  undo: "還原先前的值",
  undoPush: "還原整次套用",
  more: (left) => `再顯示${left}筆`,
  verify: "檢查歷程記錄是否完整",
  verified: {
    good: "歷程記錄完整。",
    changed: "歷程記錄曾被Patchbay以外的程式變更。",
    removed: "歷程記錄中有項目遭移除。",
    cutShort: "歷程記錄的結尾遺失。",
    keyMissing: "無法檢查歷程記錄：這部電腦的系統鑰匙圈中沒有所需的金鑰。",
  },
};
