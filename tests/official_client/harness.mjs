// The official client behind a pipe: one JSON request per line on stdin, one JSON answer per line on stdout.
// Integers travel as decimal strings. Nothing of the client is patched, and its hosted API is off.
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { Wallet } from 'ethers'
import {
  EVMChain,
  calculateManualExecProof,
  discoverOffRamp,
  estimateReceiveExecution,
} from '@chainlink/ccip-sdk'

const POLL_MS = 300
const FINAL_STATES = [2, 3] // SUCCESS, FAILURE
const chains = {}
const requests = new Map() // message id → the client's own record of it

const quiet = () => {}
const logger = { debug: quiet, info: quiet, warn: quiet, error: console.error }

// Look again until there is something or the time is up: the client's own way to follow a chain.
async function poll(timeoutMs, look) {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (Date.now() > deadline) throw new Error(`nothing after ${timeoutMs} ms`)
    await pause(POLL_MS)
  }
}

function outgoing({ receiver, data, tokens = [], feeToken, gasLimit, outOfOrder = true }) {
  return {
    receiver,
    data,
    tokenAmounts: tokens.map(({ token, amount }) => ({ token, amount: BigInt(amount) })),
    ...(feeToken && { feeToken }),
    extraArgs: { gasLimit: BigInt(gasLimit), allowOutOfOrderExecution: outOfOrder },
  }
}

// The client counts nonces itself and loses count when a transaction is refused; it lets its user put that right. Asked
// past ethers, which repeats an answer for 250 ms: long enough for a block to make it wrong.
async function wallet(chain, key) {
  const signer = new Wallet(key, chain.provider)
  chain.nonces[signer.address] = Number(
    await chain.provider.send('eth_getTransactionCount', [signer.address, 'latest']),
  )
  return signer
}

const route = ({ source, destination, router }) => ({
  router,
  destChainSelector: chains[destination].network.chainSelector,
})

const summary = ({ message, lane, log }) => ({
  messageId: message.messageId,
  sequenceNumber: message.sequenceNumber,
  fee: message.feeTokenAmount,
  feeToken: message.feeToken,
  sender: message.sender,
  lane,
  block: log.blockNumber,
})

const operations = {
  async connect({ urls }) {
    for (const [name, url] of Object.entries(urls)) {
      const chain = await EVMChain.fromUrl(url, { apiClient: null, logger })
      chain.provider.pollingInterval = POLL_MS // ethers looks for receipts every 4 s, which suits a real chain
      chains[name] = chain
    }
    return Object.fromEntries(Object.entries(chains).map(([name, { network }]) => [name, network.name]))
  },

  getFee: (args) => chains[args.source].getFee({ ...route(args), message: outgoing(args.message) }),

  async sendMessage(args) {
    const chain = chains[args.source]
    const request = await chain.sendMessage({
      ...route(args),
      message: outgoing(args.message),
      wallet: await wallet(chain, args.key),
    })
    requests.set(request.message.messageId, request)
    return summary(request)
  },

  async getVerifications({ destination, offRamp, messageId, timeoutMs }) {
    const request = requests.get(messageId)
    const found = await poll(timeoutMs, async () => {
      try {
        return await chains[destination].getVerifications({ offRamp, request })
      } catch (error) {
        if (error.code !== 'COMMIT_NOT_FOUND') throw error
      }
    })
    request.verifications = found
    return found.report
  },

  // Rebuilds the tree from the source's logs, and throws if its root is not the committed one.
  async getExecutionInput({ source, messageId }) {
    const request = requests.get(messageId)
    const { verifications } = request
    request.input = await chains[source].getExecutionInput({ request, verifications })
    const { merkleRoot, proofs, proofFlagBits } = request.input
    return { merkleRoot, proofs, proofFlagBits }
  },

  calculateManualExecProof({ messageId, merkleRoot }) {
    const { message, lane } = requests.get(messageId)
    return calculateManualExecProof([message], lane, messageId, merkleRoot)
  },

  async execute({ destination, offRamp, messageId, key, gasLimit }) {
    const chain = chains[destination]
    const { input } = requests.get(messageId)
    const { receipt } = await chain.execute({
      offRamp,
      input,
      wallet: await wallet(chain, key),
      ...(gasLimit && { gasLimit }),
    })
    return receipt
  },

  getExecutionReceipts({ destination, offRamp, messageId, timeoutMs }) {
    const { message, lane, tx } = requests.get(messageId)
    return poll(timeoutMs, async () => {
      const receipts = []
      for await (const { receipt } of chains[destination].getExecutionReceipts({
        offRamp,
        messageId: message.messageId,
        sourceChainSelector: lane.sourceChainSelector,
        startTime: tx.timestamp,
      })) {
        receipts.push(receipt)
      }
      if (receipts.some(({ state }) => FINAL_STATES.includes(state))) return receipts
    })
  },

  discoverOffRamp: ({ source, destination, onRamp }) =>
    discoverOffRamp(chains[source], chains[destination], onRamp, { logger }),

  estimateReceiveExecution: ({ source, destination, onRamp, sender, message }) =>
    estimateReceiveExecution({
      source: chains[source],
      dest: chains[destination],
      routerOrRamp: onRamp,
      message: { sender, ...outgoing(message) },
    }),

  // Any reading method of the client's chain, by its own name.
  read: ({ chain, method, args }) => chains[chain][method](...args),
  readOfRemote: ({ chain, method, contract, remote }) =>
    chains[chain][method](contract, chains[remote].network.chainSelector),
}

// The contract's own error, as far as the client can name it.
function refusal(error) {
  for (let each = error; each; each = each.cause) {
    const parsed = EVMChain.parse(each)
    if (parsed) return parsed
  }
}

const spell = (value) =>
  JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? each.toString() : each)) ?? 'null'

async function answer({ operation, ...args }) {
  try {
    return spell({ result: await operations[operation](args) })
  } catch (error) {
    return spell({ error: { code: error.code, message: error.message, refusal: refusal(error) } })
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write((await answer(JSON.parse(line))) + '\n')
}
for (const chain of Object.values(chains)) chain.destroy()
