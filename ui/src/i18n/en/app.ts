export const app = {
  name: "Patchbay",
  navigation: "Sections",
  board: "Board",
  keyPairs: "Key pairs",
  dataSpaces: "Data spaces",
  history: "History",
  settings: "Settings",
  skip: "Skip to the list",
  filter: "Filter by name, account or data space",
  back: "Back to the board",
  lights: "Show only",
  demo: "Demo: nothing here is real",
};
