/** A section of the window. */
export type Section = "board" | "settings";

/** Every section in the order of the rail, with the strokes of its icon in a box of 20 by 20. */
export const sections: readonly { id: Section; icon: readonly string[] }[] = [
  {
    id: "board",
    icon: ["M3 4.5h4v4H3z", "M3 11.5h4v4H3z", "M10.5 6.5H17", "M10.5 13.5H17"],
  },
  {
    id: "settings",
    icon: ["M3 5.5h5.5", "M12.5 5.5H17", "M3 14.5h2.5", "M9.5 14.5H17", "M10.5 3.5a2 2 0 1 1 0 4a2 2 0 1 1 0-4z", "M7.5 12.5a2 2 0 1 1 0 4a2 2 0 1 1 0-4z"],
  },
];
