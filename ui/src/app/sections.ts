/** A section of the window. */
export type Section = "board" | "keyPairs" | "dataSpaces" | "history" | "settings";

/** Every section in the order of the rail, with the strokes of its icon in a box of 20 by 20. */
export const sections: readonly { id: Section; icon: readonly string[] }[] = [
  {
    id: "board",
    icon: ["M3 4.5h4v4H3z", "M3 11.5h4v4H3z", "M10.5 6.5H17", "M10.5 13.5H17"],
  },
  {
    id: "keyPairs",
    icon: ["M6.5 6.5a3.5 3.5 0 1 1 0 7a3.5 3.5 0 1 1 0-7z", "M10 10h7.5v3", "M14.5 10v2"],
  },
  {
    id: "dataSpaces",
    icon: ["M10 3l7 3.5-7 3.5-7-3.5z", "M3 10l7 3.5 7-3.5", "M3 13.5L10 17l7-3.5"],
  },
  {
    id: "history",
    icon: ["M10 3a7 7 0 1 1 0 14a7 7 0 1 1 0-14z", "M10 6v4l3 2"],
  },
  {
    id: "settings",
    icon: ["M3 5.5h5.5", "M12.5 5.5H17", "M3 14.5h2.5", "M9.5 14.5H17", "M10.5 3.5a2 2 0 1 1 0 4a2 2 0 1 1 0-4z", "M7.5 12.5a2 2 0 1 1 0 4a2 2 0 1 1 0-4z"],
  },
];
