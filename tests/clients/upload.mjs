// usage: node upload.mjs URL apollo|urql
// Uploads one file, a list of files, and one file twice, as Apollo Client and urql do; prints each answer's data.
import { ApolloClient, gql, InMemoryCache } from '@apollo/client';
import { Client, fetchExchange } from '@urql/core';
import UploadHttpLink from 'apollo-upload-client/UploadHttpLink.mjs';

const [, , url, name] = process.argv;
const headers = { 'Apollo-Require-Preflight': 'true' };

const clients = {
  apollo() {
    const client = new ApolloClient({ cache: new InMemoryCache(), link: new UploadHttpLink({ uri: url, headers }) });
    return (mutation, variables) => client.mutate({ mutation, variables });
  },
  urql() {
    const client = new Client({ url, exchanges: [fetchExchange], fetchOptions: { headers } });
    return (mutation, variables) => client.mutation(mutation, variables).toPromise();
  },
};

const One = gql`
  mutation One($photo: Upload!) {
    post(path: "/photos", body: { title: "Größe" }, files: [{ name: "photo", file: $photo }]) {
      status
      json
    }
  }
`;
const Several = gql`
  mutation Several($photos: [RestFileInput!]!, $again: Upload!) {
    post(path: "/photos", files: $photos) {
      json
    }
    put(path: "/photos", body: { again: $again }, encoding: MULTIPART) {
      json
    }
  }
`;
const Typed = gql`
  mutation Typed($input: PhotoInput!) {
    addPhoto(input: $input)
  }
`;

const mutate = clients[name]();
const sea = new File(['sea'], 'Größe "1".jpg', { type: 'image/jpeg' });
const sky = new File(['sky'], 'sky.png', { type: 'image/png' });
for (const [mutation, variables] of [
  [One, { photo: sea }],
  [Several, { photos: [{ name: 'a', file: sky }, { name: 'b', file: sea }], again: sea }],
  [Typed, { input: { title: 'Sea', photo: sea, more: [sky, sky] } }],
]) {
  const { data, error } = await mutate(mutation, variables);
  console.log(JSON.stringify(error ? { error: String(error) } : data, (key, value) => (key === '__typename' ? undefined : value)));
}
