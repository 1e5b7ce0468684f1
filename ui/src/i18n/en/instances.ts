export const instances = {
  title: "Instances",
  columns: {
    instance: "Instance",
    state: "State",
    account: "Account",
    dataSpace: "Data space",
    proof: "Adobe's answer",
    next: "Next step",
  },
  roles: {
    live: "live",
    liveNotOpenYet: "live, not open yet",
    staging: "staging",
    development: "development",
  },
  watchOnly: "watched only",
  noDataSpace: "none known",
  noProof: "none yet",
  lastConnected: (age: string) => `last connected ${age}`,
  loading: "Reading the records...",
  nothingMatches: "No instance matches.",
  showAll: "Show all",
  shown: (shown: number, all: number) =>
    shown === all ? `${all === 1 ? "1 instance" : `${all} instances`}` : `${shown} of ${all} instances`,
  findings: (count: number) => (count === 1 ? "1 more finding" : `${count} more findings`),
  moreBelow: (count: number) => `${count} more below`,
  add: "Add an instance",
  preview: "Preview changes",
  previewOf: (count: number) => `Preview changes (${count})`,
  choose: (name: string) => `Choose ${name}`,
  chooseAll: "Choose all that are shown",
  notReached: (missing: number) =>
    missing === 1
      ? "1 instance could not be reached; what is shown of it is older."
      : `${missing} instances could not be reached; what is shown of them is older.`,
  removal: {
    title: (name: string) => `Remove ${name} from this computer?`,
    lead: "Nothing changes on the server or at Adobe. Its entries in the history stay.",
    act: "Remove from this computer",
    close: "Keep it",
  },
  empty: {
    title: "No instances yet",
    lead: "An instance is one Adobe Commerce installation. There are three ways in.",
    connect: "Connect one over SSH",
    connectWhy: "For a shop you have a login to. Nothing on the server changes until you apply a plan you have seen.",
    adopt: "Adopt one that is already connected",
    adoptWhy: "For a shop that was connected by hand. Add it over SSH; then Patchbay takes over what it finds there. The private key can stay where it is.",
    watch: "Only watch one",
    watchWhy: "For a shop without a login. Its address is enough; Patchbay never writes to it.",
  },
};
