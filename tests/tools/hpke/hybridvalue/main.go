// Hybridvalue opens and makes hybrid envelopes with Go's own HPKE, after docs/sealed-format.md and
// nothing else: hybridvalue open KEYFILE LABEL, or seal KEYFILE LABEL, from standard input to
// standard output. KEYFILE is a PEM block of the half that is needed.
package main

import (
	"bytes"
	"crypto/hpke"
	"crypto/sha256"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
)

var suite = []byte{0x64, 0x7a, 0x00, 0x01, 0x00, 0x02}

func main() {
	if err := run(os.Args[1], os.Args[2], []byte(os.Args[3])); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(what, keyFile string, label []byte) error {
	input, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(keyFile)
	if err != nil {
		return err
	}
	block, _ := pem.Decode(text)
	if block == nil || !bytes.HasPrefix(block.Bytes, suite) {
		return errors.New("no block of this suite")
	}
	var output []byte
	if what == "open" {
		output, err = open(block, label, input)
	} else {
		output, err = seal(block, label, input)
	}
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(output)
	return err
}

func open(block *pem.Block, label, envelope []byte) ([]byte, error) {
	if block.Type != "GITOPSKIT HYBRID PRIVATE KEY" || len(block.Bytes) != 70 {
		return nil, errors.New("no private block")
	}
	key, err := hpke.MLKEM768X25519().NewPrivateKey(block.Bytes[6:38])
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(digest(key.PublicKey().Bytes()), block.Bytes[38:]) {
		return nil, errors.New("the digest is another key's")
	}
	body, isMarked := bytes.CutPrefix(envelope, append([]byte{0xff, 0xff}, suite...))
	if !isMarked {
		return nil, errors.New("no hybrid envelope of this suite")
	}
	return hpke.Open(key, hpke.HKDFSHA256(), hpke.AES256GCM(), label, body)
}

func seal(block *pem.Block, label, value []byte) ([]byte, error) {
	if block.Type != "GITOPSKIT HYBRID PUBLIC KEY" || len(block.Bytes) != 1270 {
		return nil, errors.New("no public block")
	}
	sum := sha256.Sum256(block.Bytes[:1238])
	if !bytes.Equal(sum[:], block.Bytes[1238:]) {
		return nil, errors.New("the public block is damaged")
	}
	key, err := hpke.MLKEM768X25519().NewPublicKey(block.Bytes[22:1238])
	if err != nil {
		return nil, err
	}
	sealed, err := hpke.Seal(key, hpke.HKDFSHA256(), hpke.AES256GCM(), label, value)
	return append(append([]byte{0xff, 0xff}, suite...), sealed...), err
}

func digest(publicKey []byte) []byte {
	hash := sha256.New()
	for _, part := range [][]byte{[]byte("mlkem768-x25519@gitopskit.io"), publicKey} {
		hash.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part))))
		hash.Write(part)
	}
	return hash.Sum(nil)
}
