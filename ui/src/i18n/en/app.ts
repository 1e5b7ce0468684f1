export const app = {
  name: "Patchbay",
  navigation: "Sections",
  board: "Board",
  settings: "Settings",
  skip: "Skip to the list",
  filter: "Filter by name, account or data space",
  lights: "Show only",
};
