// A web page's use of AWS Amplify, laid out for a test to drive: window.backend has Amplify's own calls.
import { Amplify } from 'aws-amplify';
import * as auth from 'aws-amplify/auth';
import { CONNECTION_STATE_CHANGE, generateClient } from 'aws-amplify/api';
import { Hub } from 'aws-amplify/utils';

const heard = []; // what subscriptions brought, oldest first
const refused = []; // what they were refused with
const states = []; // Amplify's connection states, oldest first
Hub.listen('api', ({ payload }) => {
  if (payload.event === CONNECTION_STATE_CHANGE) states.push(payload.data.connectionState);
});

// Every call gives {ok} or {error: {name, message, errors}}: both can be read by a test.
const told = async (work) => {
  try {
    return { ok: (await work()) ?? null };
  } catch (error) {
    return { error: { name: error.name, message: error.message, errors: error.errors } };
  }
};

let client;
window.backend = {
  heard,
  refused,
  states,
  configure({ url, region, userPoolId, userPoolClientId, identityPoolId }) {
    Amplify.configure({
      Auth: {
        Cognito: {
          userPoolId,
          userPoolClientId,
          identityPoolId,
          allowGuestAccess: true,
          userPoolEndpoint: `${url}/`,
          identityPoolEndpoint: `${url}/`,
        },
      },
      API: { GraphQL: { endpoint: `${url}/graphql`, region, defaultAuthMode: 'userPool' } },
    });
    client = generateClient();
  },
  auth: (name, input) => told(() => auth[name](input)),
  session: (options) =>
    told(async () => {
      const { identityId, credentials, userSub } = await auth.fetchAuthSession(options);
      return { identityId, accessKeyId: credentials?.accessKeyId, userSub };
    }),
  graphql: (query, variables, authMode) =>
    told(async () => (await client.graphql({ query, variables, authMode })).data),
  subscribe(query, variables, authMode) {
    client.graphql({ query, variables, authMode }).subscribe({
      next: ({ data }) => heard.push(data),
      error: (error) => refused.push(error.errors ?? error.message ?? String(error)),
    });
  },
};
