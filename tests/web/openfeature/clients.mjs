// What the official clients for Node and for browsers make of a server, as one JSON object.
import { OFREPProvider } from "@openfeature/ofrep-provider";
import { OFREPWebProvider } from "@openfeature/ofrep-web-provider";
import { OpenFeature as Server } from "@openfeature/server-sdk";
import { ClientProviderEvents, OpenFeature as Web } from "@openfeature/web-sdk";

const baseUrl = process.env.METER_URL;
const key = process.env.METER_KEY;
const bearer = [["Authorization", `Bearer ${key}`]];

async function read(reader, article) {
  const body = JSON.stringify({ reader: { id: reader }, article });
  await fetch(`${baseUrl}/v1/decide`, { method: "POST", headers: bearer, body });
}

async function onServer() {
  await Server.setProviderAndWait(new OFREPProvider({ baseUrl, headers: [["X-API-Key", key]] }));
  await Server.setProviderAndWait("stranger", new OFREPProvider({ baseUrl }));
  const client = Server.getClient();
  const who = { targetingKey: "node", plan: "of its own" };
  const paying = { ...who, reader: { entitlements: [{ kind: "subscription", ends: new Date(4e12) }] } };
  return {
    string: await client.getStringDetails("news/a", "none", who),
    paying: await client.getStringValue("p", "none", { ...paying, article: { access: "premium" } }),
    nobody: await client.getStringValue("a", "none"),
    mismatch: await client.getBooleanDetails("a", false, who),
    wrong: await client.getStringDetails("a", "none", { ...who, reader: { registred: true } }),
    stranger: await Server.getClient("stranger").getStringDetails("a", "none", who),
  };
}

async function inBrowser() {
  const statuses = [];
  const fetchImplementation = async (...asked) => {
    const answer = await fetch(...asked);
    statuses.push(answer.status);
    return answer;
  };
  const options = { baseUrl, headers: bearer, fetchImplementation, pollInterval: 20 };
  const articles = ["a", { id: "f", access: "free" }];
  await Web.setProviderAndWait(new OFREPWebProvider(options), { targetingKey: "web", articles });
  const client = Web.getClient();
  const before = client.getStringDetails("a", "none");
  const free = client.getStringValue("f", "none");
  while (!statuses.includes(304)) await new Promise(setImmediate);
  const unchanged = client.getStringDetails("a", "none");
  const changed = new Promise((tell) => client.addHandler(ClientProviderEvents.ConfigurationChanged, tell));
  await read("web", "b");
  const { flagsChanged } = await changed;
  const after = client.getStringDetails("a", "none");
  await Web.setContext({ targetingKey: "another", articles: ["b"] });
  const moved = [client.getStringDetails("b", "none"), client.getStringDetails("a", "none")];
  await Web.close();
  return { before, free, unchanged, flagsChanged, after, moved, statuses };
}

console.log(JSON.stringify({ server: await onServer(), web: await inBrowser() }));
