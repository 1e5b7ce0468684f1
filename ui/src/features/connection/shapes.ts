import type { ConnectionState } from "../../api/generated/ConnectionState";
import type { Light } from "../../api/generated/Light";

/** One stroke or area of a shape, in a box of 20 by 20. */
export interface Mark {
  d: string;
  /** `line` is drawn in the shape's colour, `area` filled with it, `faint` filled thinly, `cut` drawn in the paper's. */
  as: "line" | "area" | "faint" | "cut";
  /** Dash pattern of a line. */
  dash?: string;
}

const RING = "M10 2a8 8 0 1 1 0 16a8 8 0 1 1 0-16z";

/** One shape per state: each is told from every other without its colour. */
export const shapes: Record<ConnectionState, readonly Mark[]> = {
  connected: [
    { d: RING, as: "area" },
    { d: "M6.2 10.3l2.7 2.7 5-5.9", as: "cut" },
  ],
  unverified: [
    { d: "M10 2a8 8 0 1 0 0 16z", as: "faint" },
    { d: "M10 18a8 8 0 1 1 0-16", as: "line" },
    { d: "M10 2a8 8 0 0 1 0 16", as: "line", dash: "1.6 2.6" },
    { d: "M10 5.6V10l3.2 2", as: "line" },
  ],
  incomplete: [{ d: "M13.4 2.75A8 8 0 1 0 17.8 8.3", as: "line" }],
  notConnected: [{ d: RING, as: "line" }],
  accountNotVerified: [
    { d: "M6.7 2h6.6L18 6.7v6.6L13.3 18H6.7L2 13.3V6.7z", as: "line" },
    { d: "M7.9 8a2 2 0 1 1 0 4a2 2 0 1 1 0-4z", as: "line" },
    { d: "M9.9 10h4.6v2.2", as: "line" },
  ],
  dataSpaceConflict: [
    { d: "M7.3 4.3L13 10l-5.7 5.7L1.6 10z", as: "line" },
    { d: "M12.7 4.3L18.4 10l-5.7 5.7L7 10z", as: "line" },
  ],
  dataSpaceMismatch: [
    { d: "M10 2.4l7.6 7.6-7.6 7.6L2.4 10z", as: "line" },
    { d: "M6.2 13.8l7.6-7.6", as: "line" },
  ],
  gatewayOverridden: [
    { d: "M2.2 10h5.4l6.2-5.2", as: "line" },
    { d: "M7.6 10l6.2 5.2", as: "line" },
    { d: "M10.2 3.9l4.9-.2-.7 4.8", as: "line" },
    { d: "M10.2 16.1l4.9.2-.7-4.8", as: "line" },
  ],
  drifted: [
    { d: "M2.5 4.6h9.4v4H2.5z", as: "line" },
    { d: "M8.1 11.4h9.4v4H8.1z", as: "area" },
  ],
  connectorMissing: [{ d: "M3 3h14v14H3z", as: "line", dash: "3.2 2.4" }],
  unreachable: [
    { d: "M1.8 10h4.7l1.6-3.6", as: "line" },
    { d: "M18.2 10h-4.7l-1.6 3.6", as: "line" },
    { d: "M9.2 15.2l1.6-10.4", as: "line" },
  ],
  differentInstance: [
    { d: "M3 5h3.2l7.6 10H17", as: "line" },
    { d: "M3 15h3.2l7.6-10H17", as: "line" },
    { d: "M14.8 2.7L17.4 5l-2.6 2.3", as: "line" },
    { d: "M14.8 12.7l2.6 2.3-2.6 2.3", as: "line" },
  ],
  unknown: [{ d: RING, as: "line", dash: "0.1 4.1" }],
};

/** The shape that stands for a whole light, in its filter. */
export const shapeOfLight: Record<Light, ConnectionState> = {
  connected: "connected",
  needsALook: "unverified",
  notConnected: "notConnected",
};
