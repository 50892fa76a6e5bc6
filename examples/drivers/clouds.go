package drivers

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"net"

	"cloud.google.com/go/cloudsqlconn"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/rds/auth"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/querybudget/querybudget/sqlwrap"
)

// openCloudSQL reaches PostgreSQL on Cloud SQL through Google's dialer.
func openCloudSQL(config *pgx.ConnConfig, dialer *cloudsqlconn.Dialer, instance string) *sql.DB {
	config.DialFunc = func(ctx context.Context, _, _ string) (net.Conn, error) {
		return dialer.Dial(ctx, instance)
	}
	return sql.OpenDB(sqlwrap.Connector(stdlib.GetConnector(*config)))
}

// openRDS signs in to PostgreSQL on RDS by IAM: each connection has a fresh token.
func openRDS(config *pgx.ConnConfig, endpoint, region string, credentials aws.CredentialsProvider) *sql.DB {
	signIn := stdlib.OptionBeforeConnect(func(ctx context.Context, c *pgx.ConnConfig) (err error) {
		c.Password, err = auth.BuildAuthToken(ctx, endpoint, region, c.User, credentials)
		return err
	})
	return sql.OpenDB(sqlwrap.Connector(stdlib.GetConnector(*config, signIn)))
}

// poolConnector closes the pool with the handle, which stdlib's own connector leaves open.
type poolConnector struct {
	driver.Connector
	pool *pgxpool.Pool
}

func (c poolConnector) Close() error {
	c.pool.Close()
	return nil
}

func openPool(pool *pgxpool.Pool) *sql.DB {
	return sql.OpenDB(sqlwrap.Connector(poolConnector{stdlib.GetPoolConnector(pool), pool}))
}
