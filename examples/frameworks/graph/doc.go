// Package graph is what gqlgen has generated from schema.graphql.
package graph
