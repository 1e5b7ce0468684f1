export const accounts = {
  account: "Account",
  another: "Another account...",
  choose: "Choose one...",
  hint: "A MageID and its licence owner, under a name of your own.",
  mageIdHint: "Adobe's first answer says it; needed only where you know it already.",
  add: "Add this account",
};
