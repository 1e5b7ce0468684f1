import type { Texts } from "..";

export const guards: Texts["guards"] = {
  between: "、",
  colon: "：",
  effects: {
    blocked: "已阻擋",
    confirm: "需要您確認",
    warning: "請注意",
  },
  cases: {
    keysAndDataSpace: "不可同時變更線上執行個體的API金鑰組與資料空間。Adobe提醒，這會使您遺失該執行個體的資料。請先變更金鑰，確認已連線後再變更資料空間。",
    movesAccount: "{name}將從{from}移至{to}。Adobe至今為它累積的搜尋、推薦與報告會留在原本的資料空間，之後無法再從這裡取得；付款也必須重新設定。請輸入{name}。",
    paymentsId: "變更資料空間後，付款服務ID（{id}）將失去連結，必須重新設定付款。請輸入{name}。",
    leavesProduction: "{name}將離開生產資料空間，在其中累積的資料會留在原處。請輸入{name}。",
    usedElsewhere: "「{dataSpace}」已由{other}使用。每個執行個體都必須有自己的資料空間。",
    productionOnCopy: "{role}執行個體若使用生產資料空間，測試資料會混入線上資料。",
    testingOnLive: "線上執行個體若使用測試資料空間，其資料不會進入線上資料。請輸入{name}。",
    swapped: "{instance}的兩組API金鑰組放反了：沙箱金鑰欄位裡的是生產金鑰，或正好相反。設定未變更。請將兩組金鑰放回各自的欄位。",
    half: "{instance}的{kind}金鑰組只有一半。公開API金鑰與私密金鑰必須成對。設定未變更。",
    onePair: "{instance}不會有{kind}金鑰組。這樣可行，但部分服務需要兩組金鑰都存在。",
    otherAccount: "金鑰屬於{keys}，資料空間屬於{dataSpace}。必須使用同一MageID產生的金鑰，才能取得付款權益。",
    accountNotKnown: "無法得知{kind}金鑰是否屬於資料空間的MageID。請輸入{name}。",
    locked: "「{value}」已在伺服器的{source}鎖定，從這裡變更不會生效。請將下列說明交給開發人員：{lines}",
    removes: "這會移除線上執行個體{instance}的{values}，重新設定之前，Adobe的服務會停止運作。請輸入{name}。",
    removesInBulk: "線上執行個體的值只能逐一移除。{instance}維持不變。",
    productionKeysOnCopy: "{instance}是{role}執行個體，將取得生產金鑰。能讀取其設定的人都能使用這組金鑰。請輸入{name}；每個執行個體只需確認一次，看板會持續標示。",
    looksLive: "{instance}標示為{role}，但正在收取真實付款。在您回答之前，會當成線上執行個體處理。它是線上的嗎？",
    formerRejected: "Adobe拒絕先前的{kinds}金鑰，還原會使這家商店停止運作。",
    formerNotProvable: "Adobe對先前的金鑰沒有給出可用的回應，還原可能使這家商店停止運作。請輸入{name}。",
  },
};
