// An OpenID Connect provider for the sign-in stories. It signs in whoever the story says, and asks nobody.
//
// Reads one JSON command a line from standard input and answers each with one JSON line:
//   {"account": {"sub": "…", "preferred_username": "…", "name": "…", "groups": ["…"]}}   who signs in from now on
//   {"rotate": true}                                              new signing keys; the old ones are gone
//   {"count": true}                                               how often the keys were fetched
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { createInterface } from 'node:readline';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { Provider } from 'oidc-provider';

const { OIDC_PORT, OIDC_CERTIFICATE, OIDC_KEY, OIDC_PAGE_REDIRECT } = process.env;
const issuer = `https://127.0.0.1:${OIDC_PORT}`;
const accounts = new Map();
// Its notices must not stand between the answers.
console.info = console.error;
let current = null;
let fetched = 0;
let provider;
let handle;

function signingKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig', alg: 'RS256' };
}

function begin() {
  provider = new Provider(issuer, {
    jwks: { keys: [signingKey()] },
    cookies: { keys: [randomUUID()] },
    clients: [
      {
        client_id: 'page',
        client_secret: 'the-secret-of-the-page',
        redirect_uris: [OIDC_PAGE_REDIRECT],
        grant_types: ['authorization_code'],
      },
      {
        client_id: 'cli',
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        redirect_uris: ['http://127.0.0.1/callback'],
        grant_types: ['authorization_code'],
      },
    ],
    claims: { openid: ['sub'], profile: ['name', 'preferred_username'], groups: ['groups'] },
    scopes: ['openid', 'groups'],
    // The console reads the ID token alone.
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_context, id) => ({ accountId: id, claims: () => accounts.get(id) }),
    loadExistingGrant: async (context) => {
      const { client, session } = context.oidc;
      const grant = new context.oidc.provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope('openid profile groups');
      await grant.save();
      return grant;
    },
  });
  handle = provider.callback();
}

async function serve(request, response) {
  if (request.url.startsWith('/jwks')) fetched += 1;
  if (!request.url.startsWith('/interaction/')) return handle(request, response);
  await provider.interactionDetails(request, response);
  const result = current
    ? { login: { accountId: current }, consent: {} }
    : { error: 'access_denied', error_description: 'nobody is at the keyboard' };
  return provider.interactionFinished(request, response, result);
}

function obey(command) {
  if ('account' in command) {
    current = command.account?.sub ?? null;
    if (current) accounts.set(current, command.account);
  }
  if (command.rotate) begin();
  return { fetched };
}

begin();
const server = createServer(
  { cert: readFileSync(OIDC_CERTIFICATE), key: readFileSync(OIDC_KEY) },
  (request, response) => {
    serve(request, response).catch((error) => {
      response.statusCode = 500;
      response.end(String(error));
    });
  },
);
server.listen(Number(OIDC_PORT), '127.0.0.1', () => console.log(JSON.stringify({ issuer })));
createInterface({ input: process.stdin })
  .on('line', (line) => console.log(JSON.stringify(obey(JSON.parse(line)))))
  .on('close', () => process.exit(0));
