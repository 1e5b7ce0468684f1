/**
 * Reasons by the core's codes, in other words than the core's own. English needs none: the core
 * speaks it, and names what is there. Other languages tell the same without the names.
 */
export const reasons: Readonly<Record<string, string | undefined>> = {};
