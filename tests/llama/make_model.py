"""Writes a tiny model whose weights are random, always the same ones: `python make_model.py <file>`.

It speaks nonsense in printable ASCII. A constant in every hidden state makes some tokens likelier than others, so that
texts, lists and objects end after a while; everything else is chance.
"""

import os
import sys

import numpy as np
from gguf import GGUFWriter, TokenType

WIDTH, HEADS, LAYERS, INNER, CONTEXT = 64, 4, 2, 128, 4096
# The place in a hidden state that is the same for every token, and its value.
CONSTANT, VALUE = 0, 4.0

# Tokens: three special ones, every byte, so that any prompt can be read, and every printable character. The tokenizer
# writes a space as a block.
SPECIAL = [("<unk>", TokenType.UNKNOWN), ("<s>", TokenType.CONTROL), ("</s>", TokenType.CONTROL)]
BYTES = [(f"<0x{byte:02X}>", TokenType.BYTE) for byte in range(256)]
CHARACTERS = [(chr(code).replace(" ", "\u2581"), TokenType.NORMAL) for code in range(0x20, 0x7F)]
TOKENS = SPECIAL + BYTES + CHARACTERS

# How much likelier a token is than by chance.
LIKELIER = {"</s>": 1.5, '"': 2.0, "}": 2.0, "]": 1.5, ",": 1.0, "\\": -1.0, "\u2581": -2.0}
# Never, unless nothing else is possible: an exponent that no float has, a minus before an integer zero, which JSON has and
# Rust has not, and what is no text.
NEVER = {"e", "E", "-", "<unk>", "<s>"}

TEMPLATE = "{% for message in messages %}{{ message['role'] }}: {{ message['content'] or '' }}\n{% endfor %}assistant: "


def likelier(token, kind):
    if kind == TokenType.BYTE or token in NEVER:
        return -30.0
    if token.isdigit():
        return -1.0
    return LIKELIER.get(token, 0.0)


def main(path):
    chance = np.random.default_rng(7)

    def weights(rows, columns, scale):
        return (chance.standard_normal((rows, columns)) * scale).astype(np.float32)

    def into_the_stream(columns):
        matrix = weights(WIDTH, columns, columns**-0.5)
        matrix[CONSTANT, :] = 0.0
        return matrix

    # Whoever reads the file sees all of it, or the one before.
    new = f"{path}.{os.getpid()}"
    writer = GGUFWriter(new, "llama")
    writer.add_name("tiny")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_vocab_size(len(TOKENS))
    writer.add_tokenizer_model("llama")
    writer.add_token_list([token for token, _ in TOKENS])
    writer.add_token_scores([0.0] * len(TOKENS))
    writer.add_token_types([kind for _, kind in TOKENS])
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(True)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(TEMPLATE)

    embedding = weights(len(TOKENS), WIDTH, 1.0)
    embedding[:, CONSTANT] = VALUE
    writer.add_tensor("token_embd.weight", embedding)
    for layer in range(LAYERS):
        block = f"blk.{layer}"
        writer.add_tensor(f"{block}.attn_norm.weight", np.ones(WIDTH, dtype=np.float32))
        for name in ("attn_q", "attn_k", "attn_v"):
            writer.add_tensor(f"{block}.{name}.weight", weights(WIDTH, WIDTH, WIDTH**-0.5))
        writer.add_tensor(f"{block}.attn_output.weight", into_the_stream(WIDTH))
        writer.add_tensor(f"{block}.ffn_norm.weight", np.ones(WIDTH, dtype=np.float32))
        for name in ("ffn_gate", "ffn_up"):
            writer.add_tensor(f"{block}.{name}.weight", weights(INNER, WIDTH, WIDTH**-0.5))
        writer.add_tensor(f"{block}.ffn_down.weight", into_the_stream(INNER))
    writer.add_tensor("output_norm.weight", np.ones(WIDTH, dtype=np.float32))
    output = weights(len(TOKENS), WIDTH, 0.08)
    # A hidden state has about this at the place of the constant, once it is normalized.
    normalized = VALUE / (1.0 + VALUE**2 / WIDTH + 1.0) ** 0.5
    output[:, CONSTANT] = [likelier(token, kind) / normalized for token, kind in TOKENS]
    writer.add_tensor("output.weight", output)

    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    os.replace(new, path)


if __name__ == "__main__":
    main(sys.argv[1])
