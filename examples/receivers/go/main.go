// Receives jobwatch's events: checks the signature, answers, then works. Go 1.22 or later, no packages.
//
//	WEBHOOK_SECRET=whsec_… PORT=8080 go run .
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	bodyBytesMax = 64 * 1024
	clockMax     = 5 * time.Minute
)

type event struct {
	ID   string `json:"id"`
	Type string `json:"type"`
	Data struct {
		Job *struct {
			JobID string `json:"jobId"`
		} `json:"job"`
		Error *struct {
			Message string `json:"message"`
		} `json:"error"`
	} `json:"data"`
}

// isSigned reads the bytes as they came: JSON that is parsed and serialized again has different ones.
func isSigned(secret []byte, header http.Header, body []byte) bool {
	seconds, err := strconv.ParseInt(header.Get("webhook-timestamp"), 10, 64)
	if err != nil || time.Since(time.Unix(seconds, 0)).Abs() > clockMax {
		return false
	}
	mac := hmac.New(sha256.New, secret)
	fmt.Fprintf(mac, "%s.%d.", header.Get("webhook-id"), seconds)
	mac.Write(body)
	expected := mac.Sum(nil)
	// Several while a rotated secret is still valid.
	for _, one := range strings.Fields(header.Get("webhook-signature")) {
		given, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(one, "v1,"))
		if err == nil && hmac.Equal(given, expected) {
			return true
		}
	}
	return false
}

// done holds the ids that were worked on. A delivery may come twice: a real receiver keeps them in its database.
var done sync.Map

func work(one event) {
	if _, known := done.LoadOrStore(one.ID, true); known {
		return
	}
	jobID, message := "", ""
	if one.Data.Job != nil {
		jobID = one.Data.Job.JobID
	}
	if one.Data.Error != nil {
		message = one.Data.Error.Message
	}
	fmt.Println(one.Type, jobID, message)
}

func hook(secret []byte) http.HandlerFunc {
	return func(response http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(response, request.Body, bodyBytesMax))
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			response.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		}
		var one event
		if err != nil || !isSigned(secret, request.Header, body) || json.Unmarshal(body, &one) != nil {
			response.WriteHeader(http.StatusBadRequest)
			return
		}
		// Answer first: jobwatch waits 15 s, and tries again if there is no 2xx.
		response.WriteHeader(http.StatusNoContent)
		go work(one)
	}
}

func main() {
	secret, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(os.Getenv("WEBHOOK_SECRET"), "whsec_"))
	if err != nil || len(secret) < 24 {
		log.Fatal("WEBHOOK_SECRET: expected the whsec_… that was shown when the webhook was made.")
	}
	port := os.Getenv("PORT")
	if port == "" {
		port = "8080"
	}
	listener, err := net.Listen("tcp", ":"+port)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening on port %d\n", listener.Addr().(*net.TCPAddr).Port)
	log.Fatal(http.Serve(listener, hook(secret)))
}
