export const keyPairs = {
  purposes: { sandbox: "sandbox", production: "production" },
};
