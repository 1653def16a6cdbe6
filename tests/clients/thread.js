// A thread of comments as a component with Relay has it; relay-compiler makes requests of it.
import { graphql } from 'relay-runtime';

graphql`
  fragment thread_post on Post
  @argumentDefinitions(count: { type: "Int", defaultValue: 2 }, cursor: { type: "String" })
  @refetchable(queryName: "threadPageQuery") {
    title
    comments(first: $count, after: $cursor) @connection(key: "thread_comments") {
      total
      edges {
        node {
          text
          author {
            name
          }
        }
      }
    }
  }
`;

graphql`
  query threadQuery($number: Int!) {
    post(number: $number) {
      ...thread_post
    }
  }
`;

graphql`
  query threadLaterQuery($number: Int!) {
    post(number: $number) {
      number
      ...thread_post @defer
    }
  }
`;

graphql`
  query threadNodeQuery($id: ID!) {
    node(id: $id) {
      ...thread_post @alias(as: "post")
    }
  }
`;

graphql`
  mutation threadMutation($number: Int!, $text: String!, $connections: [ID!]!) {
    addComment(number: $number, author: "ada", text: $text)
      @appendNode(connections: $connections, edgeTypeName: "CommentEdge") {
      id
      text
    }
  }
`;
