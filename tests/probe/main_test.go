package main

import (
	"os"
	"strings"
	"testing"
)

func TestSteps(t *testing.T) {
	for _, step := range strings.Split(os.Getenv("STEPS"), ";") {
		do(step)
	}
}

func BenchmarkNothing(b *testing.B) {
	for i := 0; i < b.N; i++ {
	}
}
