const Fastify = require('fastify')
const mercurius = require('mercurius')
const { Pool } = require('undici')

const pool = new Pool(`http://127.0.0.1:${process.env.BACKEND}`, { connections: 128, pipelining: 1 })
const get = async path => (await pool.request({ path, method: 'GET' })).body.json()

const schema = `
type Query { posts: [Post] items(count: Int!): [Post] post(id: Int!): Post slow(ms: Int!, n: Int!): Slow }
type Slow { n: Int }
type User { id: Int name: String username: String email: String posts: [Post] }
type Post {
  id: Int userId: Int title: String slug: String body: String views: Int likes: Int createdAt: String
  published: Boolean tags: [String] user: User
}`

// one request for each different path of a batch
const once = pathOf => async queries => {
  const requests = new Map()
  return Promise.all(queries.map(({ obj }) => {
    const path = pathOf(obj)
    if (!requests.has(path)) requests.set(path, get(path))
    return requests.get(path)
  }))
}

const app = Fastify({ keepAliveTimeout: 600000 })
app.register(mercurius, {
  schema,
  jit: 1,
  resolvers: {
    Query: {
      posts: () => get('/posts'),
      items: (_, { count }) => get(`/items/${count}`),
      post: (_, { id }) => get(`/posts/${id}`),
      slow: (_, { ms, n }) => get(`/slow/${ms}/${n}`)
    }
  },
  loaders: {
    Post: { user: once(post => `/users/${post.userId}`) },
    User: { posts: once(user => `/posts?userId=${user.id}`) }
  }
})
app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
