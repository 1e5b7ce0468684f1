export const guide = {
  title: "Your first connection",
  done: " (done)",
  steps: {
    key: "A key pair",
    instance: "An instance",
    assign: "Keys and data space",
    apply: "Preview and apply",
    proof: "Adobe's answer",
  },
  why: {
    key: "Have it: bring the private key you saved. Do not have it: the license owner can create one. Or skip this, add an instance that is already connected, and Patchbay finds what it holds.",
    instance: "An SSH login to the server is enough. Patchbay finds the application, PHP and its owner, and changes nothing.",
    assign: "Choose which keys and which data space the instance should hold. Patchbay shows which are free.",
    apply: "You see every value before and after. Nothing is written until you agree.",
    proof: "A check has the instance sign with its own key and asks Adobe about it.",
  },
  acts: {
    key: "Bring a key",
    instance: "Add an instance",
    assign: "Choose keys and data space",
    apply: "Preview changes",
    proof: "Check now",
  },
  askFor: "Ask somebody for it",
  dismiss: "I know the way",
  ask: {
    title: "Ask for what is missing",
    lead: "A message that says exactly what is needed. Never let anyone send a private key by mail or chat.",
    whom: "To",
    people: { owner: "the license owner", host: "the hosting provider", agency: "the agency" },
    message: "Message",
    copy: "Copy the message",
    copied: "Copied.",
    byHand: "Could not copy. The text is selected: press Ctrl+C.",
    close: "Close",
  },
  messages: {
    owner: `Hello,

to connect our shop to Adobe's services I need a key pair that only you, as the license owner, can create.

1. Sign in at account.magento.com and open Magento > API Portal.
2. Choose Production, type a name, press Add New, then Download. The private key is shown only this once.
3. Do the same for Sandbox.

Please do not send the private keys by mail or chat. Keep the two files; I will tell you a safe way, or you can use Patchbay to hand them over sealed.
The two public API keys in the list are not secret; you can send me those.

Thank you!`,
    host: `Hello,

to connect our shop to Adobe's services I need an SSH login to the server it runs on.

- My public SSH key is attached; please add it for a user who may run bin/magento.
- Please tell me the server's address and port, the folder of the application (the one with bin/magento), the PHP command for it, and the user who owns its files.
- The server must be able to reach https://commerce.adobe.io and https://commerce-beta.adobe.io, and its clock must be right.
- On Adobe Commerce on Cloud: please add me to the project instead. Adding an SSH key there redeploys the project.

Nothing else is changed or installed on the server. Thank you!`,
    agency: `Hello,

we want to connect our shop to Adobe's services and keep the keys in our own hands.

- Is the shop connected already? In the Admin: Stores > Settings > Configuration > Services > Commerce Services Connector. If so, please leave the keys and the data space as they are.
- Which instances do you run for us (live, staging, development), and which of them are copies of the live database? Each needs its own data space.
- Please give us an SSH login, or tell us who can.
- If values are fixed in app/etc/env.php or by variables of the server, please tell us which.

Thank you!`,
  },
};
