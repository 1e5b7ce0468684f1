/**
 * What went wrong, by the core's codes, in other words than the core's own. English needs none:
 * the core speaks it, and names what is there.
 */
export const troubles: Readonly<Record<string, string | undefined>> = {};

/** What to do next in this window, where the core's own words speak of the command line. */
export const nextSteps: Readonly<Record<string, string | undefined>> = {
  hostKeyUnknown: "Compare the fingerprint with your host's, then trust it.",
  permissionDenied: "Give the user who owns the files, or sign in as that user.",
  wrongOwner: "Give the user who owns the files, or sign in as that user.",
  phpMissing: "Give the right PHP program, for example php8.2.",
  phpUnsuitable: "Give the right PHP program, for example php8.2.",
  noPairGiven: "Choose a sandbox pair, a production pair or both.",
};
