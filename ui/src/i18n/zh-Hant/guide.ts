import type { Texts } from "..";

export const guide: Texts["guide"] = {
  title: "您的第一個連線",
  done: "（已完成）",
  steps: {
    key: "API金鑰組",
    instance: "執行個體",
    assign: "金鑰與資料空間",
    apply: "預覽並套用",
    proof: "Adobe的回應",
  },
  why: {
    key: "已有金鑰：提供您儲存的私密金鑰。沒有金鑰：授權擁有者可以建立。或先略過，加入一個已連線的執行個體，由Patchbay找出其中的設定。",
    instance: "只需要伺服器的SSH登入。Patchbay會找出應用程式、PHP與檔案擁有者，不會變更任何內容。",
    assign: "選擇執行個體應使用的金鑰與資料空間。Patchbay會顯示哪些尚未使用。",
    apply: "您會看到每個值的前後內容。在您同意之前，不會寫入任何內容。",
    proof: "檢查時，執行個體會以自己的金鑰簽署，再由Patchbay詢問Adobe。",
  },
  acts: {
    key: "提供金鑰",
    instance: "加入執行個體",
    assign: "選擇金鑰與資料空間",
    apply: "變更預覽",
    proof: "立即檢查",
  },
  askFor: "向他人索取",
  dismiss: "我知道怎麼做",
  ask: {
    title: "索取缺少的資料",
    lead: "這是一則寫明所需內容的訊息。請勿讓任何人以電子郵件或聊天軟體傳送私密金鑰。",
    whom: "收件人",
    people: { owner: "授權擁有者", host: "主機商", agency: "代理商" },
    message: "訊息",
    copy: "複製訊息",
    copied: "已複製。",
    byHand: "無法複製。文字已選取，請按Ctrl+C。",
    close: "關閉",
  },
  messages: {
    owner: `您好：

為了將我們的商店連線到Adobe的服務，需要一組只有授權擁有者才能建立的API金鑰組。

1. 請登入account.magento.com，開啟「Magento」>「API入口網站」。
2. 選擇「生產」，輸入名稱，按「新增」，再按「下載」。私密金鑰只會顯示這一次。
3. 以同樣方式建立「沙箱」金鑰。

請勿以電子郵件或聊天軟體傳送私密金鑰。請先保留這兩個檔案，我會告訴您安全的方式，或請使用Patchbay密封移交。
清單中的兩個公開API金鑰不是機密，可以直接傳給我。

謝謝！`,
    host: `您好：

為了將我們的商店連線到Adobe的服務，我需要商店所在伺服器的SSH登入。

- 附上我的SSH公開金鑰，請為可以執行bin/magento的使用者加入。
- 請告訴我伺服器位址與連接埠、應用程式資料夾（含bin/magento的那一個）、對應的PHP指令，以及檔案的擁有者。
- 伺服器必須能連到https://commerce.adobe.io與https://commerce-beta.adobe.io，且時鐘必須正確。
- 如為雲端版Adobe Commerce：請改將我加入專案。在雲端加入SSH金鑰會觸發重新部署。

伺服器上不會變更或安裝其他內容。謝謝！`,
    agency: `您好：

我們想將商店連線到Adobe的服務，並自行保管金鑰。

- 商店是否已經連線？請見管理後台：「商店」>「設定」>「組態」>「服務」>「Commerce服務聯結器」。若已連線，請勿變更金鑰與資料空間。
- 您為我們管理哪些執行個體（線上、預備、開發）？其中哪些是線上資料庫的複本？每個執行個體都需要自己的資料空間。
- 請提供SSH登入，或告訴我們應向誰索取。
- 如有設定值鎖定在app/etc/env.php或伺服器變數中，請告訴我們是哪些。

謝謝！`,
  },
};
