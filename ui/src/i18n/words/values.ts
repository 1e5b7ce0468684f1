import type { Texts } from "..";

/** Each of the nine paths and of the payments settings, by the name under which its text is kept. */
const NAMES: Readonly<Record<string, keyof Texts["values"]["names"]>> = {
  "services_connector/services_connector_integration/sandbox_api_key": "sandboxApiKey",
  "services_connector/services_connector_integration/sandbox_private_key": "sandboxPrivateKey",
  "services_connector/services_connector_integration/production_api_key": "productionApiKey",
  "services_connector/services_connector_integration/production_private_key": "productionPrivateKey",
  "services_connector/services_id/project_id": "projectId",
  "services_connector/services_id/project_name": "projectName",
  "services_connector/services_id/environment_id": "dataSpaceId",
  "services_connector/services_id/environment_name": "dataSpaceName",
  "services_connector/services_id/environment": "dataSpaceType",
  "payment/payment_methods/method": "paymentMode",
  "payment/payment_methods/sandbox_merchant_id": "sandboxPaymentsId",
  "payment/payment_methods/production_merchant_id": "productionPaymentsId",
};

/** What people call the value at a configuration path; the path itself where it is not one of the nine. */
export function valueName(path: string, texts: Texts): string {
  const name = NAMES[path];
  return name ? texts.values.names[name] : path;
}

/** Which fold of the Admin's page a path is in. */
export function groupOf(path: string): "sandboxKeys" | "productionKeys" | "saasIdentifier" | "payments" {
  const name = NAMES[path];
  if (!name || path.startsWith("payment/")) return "payments";
  if (name.startsWith("sandbox")) return "sandboxKeys";
  return name.startsWith("production") ? "productionKeys" : "saasIdentifier";
}

/** Whether the value at a path is a private key: shown by its fingerprint only. */
export function isPrivateKey(path: string): boolean {
  return path.endsWith("_private_key");
}
