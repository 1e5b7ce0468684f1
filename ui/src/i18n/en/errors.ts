export const errors = {
  notNow: "Not now",
  dataDirectoryUnusable: {
    title: "The data directory cannot be used",
    next: "Nothing was changed. Put this right and try again:",
  },
  dataDirectoryNewer: {
    title: "These records were written by a newer Patchbay",
    next: "Nothing was changed. Update Patchbay on this computer and start it again.",
  },
  keychain: {
    title: "The keychain did not answer as it should",
    next: "Nothing was lost. Unlock it or start it, then try again.",
  },
  badInput: {
    title: "Something in the form cannot be taken",
    next: "Nothing was changed. Correct it and try again.",
  },
  privateKeyRefused: {
    title: "This is not a private key that can be used",
    next: "Nothing was stored.",
  },
  intakeGone: {
    title: "The private key waits no longer",
    next: "Nothing was stored. Bring it again.",
  },
  notRead: {
    title: "It could not be read",
    next: "Nothing was stored. Try again, or take it another way.",
  },
  nameTaken: {
    title: "This name is taken",
    next: "Nothing was changed. Choose another name.",
  },
  noSuch: {
    title: "It is not there any more",
    next: "Nothing was changed. Read again to see what there is.",
  },
  notReached: {
    title: "The server was not reached",
    next: "Nothing was changed.",
  },
  adobe: {
    title: "Adobe gave no usable answer",
    next: "Nothing was changed.",
  },
  refused: {
    title: "This cannot be done as things are",
    next: "Nothing was changed.",
  },
  badRequest: {
    title: "The window asked in a form that is not understood",
    next: "Nothing was changed. This is a mistake in Patchbay; please report it.",
  },
  internal: {
    title: "The records could not be read",
    next: "Nothing was changed. Try again; if it stays, the log in the data directory says why.",
  },
  retry: "Try again",
};
