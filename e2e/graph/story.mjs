// What a script does that was written for Microsoft Graph: it knows a host, a token, and nothing of signatures.
//
//   node story.mjs HOST TOKEN DEVICE ACTION
//
// Prints one JSON line: the device's name and what became of the call.
import { Client } from "@microsoft/microsoft-graph-client";

const [host, token, name, action] = process.argv.slice(2);
const client = Client.init({
  baseUrl: `https://${host}/`,
  customHosts: new Set([host.split(":")[0]]),
  authProvider: (done) => done(null, token),
});

const path = "/deviceManagement/managedDevices";
const told = {};
try {
  const found = await client.api(path).filter(`deviceName eq '${name}'`).get();
  const [device] = found.value;
  told.device = device.deviceName;
  await client.api(`${path}/${device.id}/triggerConfigurationManagerAction`).post({ configurationManagerAction: { action } });
  told.asked = true;
  const { deviceActionResults } = await client.api(`${path}/${device.id}`).get();
  told.results = deviceActionResults.map(({ actionName }) => actionName);
} catch (error) {
  told.refused = { status: error.statusCode, code: error.code, message: error.message };
}
console.log(JSON.stringify(told));
