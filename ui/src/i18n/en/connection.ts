export const connection = {
  states: {
    connected: "Connected",
    unverified: "Needs a new check",
    incomplete: "Values missing",
    notConnected: "Not connected",
    accountNotVerified: "Keys rejected by Adobe",
    dataSpaceConflict: "Data space used twice",
    dataSpaceMismatch: "Wrong data space for this instance",
    gatewayOverridden: "Talks to another gateway",
    drifted: "Changed elsewhere",
    connectorMissing: "Connector not installed",
    unreachable: "Server cannot be reached",
    differentInstance: "Not the instance you added",
    unknown: "Never checked",
  },
  lights: {
    connected: "Connected",
    needsALook: "Needs a look",
    notConnected: "Not connected",
  },
};
