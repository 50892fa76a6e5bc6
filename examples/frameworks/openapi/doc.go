// Package openapi is what oapi-codegen has generated from openapi.yaml.
package openapi
