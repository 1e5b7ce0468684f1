/** The nine values and the folds of the Admin's page. */
export const values = {
  groups: {
    sandboxKeys: "Sandbox Keys",
    productionKeys: "Production Keys",
    saasIdentifier: "SaaS Identifier",
    payments: "Payment Services",
  },
  names: {
    sandboxApiKey: "Sandbox API key",
    sandboxPrivateKey: "Sandbox private key",
    productionApiKey: "Production API key",
    productionPrivateKey: "Production private key",
    projectId: "Project ID",
    projectName: "Project",
    dataSpaceId: "Data space ID",
    dataSpaceName: "Data space",
    dataSpaceType: "Type of the data space",
    paymentMode: "Payment mode",
    sandboxPaymentsId: "Sandbox Payment Services ID",
    productionPaymentsId: "Production Payment Services ID",
  },
  fingerprint: "fingerprint",
  absent: "nothing",
};
