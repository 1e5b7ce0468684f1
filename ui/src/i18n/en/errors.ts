export const errors = {
  dataDirectoryUnusable: {
    title: "The data directory cannot be used",
    next: "Nothing was changed. Put this right and try again:",
  },
  dataDirectoryNewer: {
    title: "These records were written by a newer Patchbay",
    next: "Nothing was changed. Update Patchbay on this computer and start it again.",
  },
  internal: {
    title: "The records could not be read",
    next: "Nothing was changed. Try again; if it stays, the log in the data directory says why.",
  },
  retry: "Try again",
};
