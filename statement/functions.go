package statement

import "strings"

// A SELECT reads if each function that it calls is known to do nothing else. What a
// function of the application does, the text does not tell.

// effect is what calling a function does.
type effect uint8

const (
	mayChange effect = iota // nothing is known of it
	pure                    // the same answer for the same data
	varies                  // another answer each time, and no change
	inSession               // it changes the session: a setting, a lock
	changes                 // it changes data
)

// effectOf looks a function up by its name in lower case, without its schema.
func (f functions) effectOf(name string) effect {
	if e, ok := effects[name]; ok {
		return e
	}
	if f.own[name] {
		return pure
	}
	for _, prefix := range purePrefixes {
		if strings.HasPrefix(name, prefix) {
			return pure
		}
	}
	return mayChange
}

// functions are those that an application vouches for.
type functions struct{ own map[string]bool }

func newFunctions(names []string) functions {
	own := make(map[string]bool, len(names))
	for _, n := range names {
		own[strings.ToLower(Unqualified(n))] = true
	}
	return functions{own}
}

// purePrefixes are those of families in which no function changes anything: PostGIS,
// JSON, arrays, ranges, texts and the catalogue's descriptions.
var purePrefixes = []string{
	"st_", "_st_", "json_", "jsonb_", "array_", "regexp_", "pg_get_", "has_", "to_", "range_", "date_", "time_",
	"bit_", "regr_", "xml", "ts_", "lower_", "upper_", "is_", "inet_", "inet6_", "percentile_", "pg_size_",
	"string_", "width_", "vec_", "h3_", "ll_", "earth_", "cube_", "geo", "aes_", "col_", "obj_", "fts5_",
}

// effects knows the functions of PostgreSQL, MySQL, MariaDB, SQLite and SQL Server, and of
// what is often installed with them.
var effects = func() map[string]effect {
	out := make(map[string]effect)
	for e, words := range [...]string{
		pure:      notCalls + aggregateNames + textNames + numberNames + timeNames + typeNames + otherNames,
		varies:    varyingNames,
		inSession: sessionNames,
		changes:   changingNames,
	} {
		for _, w := range strings.Fields(words) {
			out[w] = effect(e)
		}
	}
	return out
}()

// notCalls are words before a bracket that call nothing.
const notCalls = `
	in any all some exists values value not and or between like ilike rlike glob regexp match against similar is
	on using where when then else case from select having by returning limit offset set as with recursive
	materialized lateral over filter within group partition partitions rows range groups window grouping sets
	rollup cube distinct union except intersect join left right full inner outer cross natural only key index
	unique primary references conflict into table tablesample bernoulli system use ignore force for of interval
	array row cast try_cast convert extract position overlay substring trim collate escape end asc desc order
	ordinality columns nested path top rowcount matched apply pivot unpivot nolock `

const aggregateNames = `
	count sum min max avg total group_concat string_agg listagg array_agg every bool_and bool_or stddev stddev_pop
	stddev_samp std variance var_pop var_samp stdev stdevp var varp corr covar_pop covar_samp mode median
	any_value xmlagg json_agg jsonb_agg count_big approx_count_distinct checksum_agg first last
	row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value `

const textNames = `
	lower upper length char_length character_length octet_length bit_length len datalength concat concat_ws substr
	substring_index mid ltrim rtrim btrim lpad rpad replace insert reverse repeat space replicate stuff instr locate
	charindex patindex strpos split_part starts_with translate initcap lcase ucase ascii unicode char chr nchar ord
	hex unhex quote quotename quote_ident quote_literal quote_nullable format printf soundex difference metaphone
	levenshtein similarity word_similarity strict_word_similarity unaccent md5 sha sha1 sha2 sha224 sha256 sha384
	sha512 digest hmac encode decode crc32 base64 to_base64 from_base64 compress uncompress strcmp field elt find_in_set make_set
	export_set trim_array normalize parse_ident snippet highlight bm25 offsets matchinfo rank_bm25 trigram edit_distance
	uuid_to_bin bin_to_uuid unistr unlikely likely likelihood load_extension_name str string_split string_escape
	plainto_tsquery phraseto_tsquery websearch_to_tsquery setweight strip numnode querytree tsvector_to_array
	show_trgm get_byte set_byte get_bit set_bit convert_from convert_to hstore akeys avals skeys svals each slice
	delete exist defined crypt `

const numberNames = `
	abs ceil ceiling floor round trunc truncate sign mod div power pow sqrt cbrt exp ln log log10 log2 pi degrees radians
	sin cos tan asin acos atan atan2 atn2 cot sinh cosh tanh asinh acosh atanh sind cosd tand asind acosd atand atan2d
	greatest least gcd lcm factorial scale min_scale trim_scale bin oct conv bit_count square isnumeric numeric_inc
	subvector cosine_distance l2_distance l1_distance inner_product vector_dims l2_norm distance `

const timeNames = `
	extract year quarter month week day hour minute second microsecond dayname dayofmonth dayofweek dayofyear
	monthname weekday weekofyear yearweek adddate addtime subdate subtime datediff timediff timestampadd
	timestampdiff dateadd datepart datename datefromparts datetimefromparts eomonth from_days from_unixtime last_day
	makedate maketime period_add period_diff sec_to_time str_to_date convert_tz get_format make_date make_time
	make_timestamp make_timestamptz make_interval justify_days justify_hours justify_interval isfinite overlaps
	datetime julianday strftime timezone months_between add_months next_day switchoffset todatetimeoffset `

// typeNames stand before the bracket of their length.
const typeNames = `
	numeric decimal dec number float double real int integer bigint smallint tinyint mediumint bool boolean bit varbit
	character varchar nvarchar varchar2 text tinytext mediumtext longtext clob blob binary varbinary bytea date time
	timetz timestamp timestamptz datetime2 datetimeoffset signed unsigned vector halfvec sparsevec enum json jsonb uuid
	xml inet cidr macaddr point box line lseg path polygon circle int4range int8range numrange tsrange tstzrange
	daterange int4multirange int8multirange nummultirange tsmultirange tstzmultirange datemultirange multirange
	regclass regtype varying precision name oid money interval `

const otherNames = `
	coalesce nullif ifnull isnull nvl nvl2 if iif choose case typeof pg_typeof default values nchar_length
	generate_series generate_subscripts unnest cardinality json jsonb row_to_json json_table openjson isjson json_valid
	json_each json_tree jsonb_each lower_inc upper_inc lower_inf upper_inf isempty range_merge
	version database schema current_database current_schema current_schemas current_setting current_catalog user
	current_user session_user system_user session_context connection_id pg_backend_pid
	inet_client_addr inet_server_addr col_description obj_description shobj_description pg_table_is_visible
	pg_type_is_visible pg_function_is_visible pg_relation_size pg_total_relation_size pg_table_size pg_indexes_size
	pg_database_size pg_column_size pg_encoding_to_char pg_is_in_recovery pg_char_to_encoding pg_index_column_has_property
	pg_options_to_table pg_tablespace_location pg_my_temp_schema pg_conf_load_time pg_postmaster_start_time
	format_type txid_current_snapshot txid_snapshot_xmin pg_visible_in_snapshot
	object_id object_name object_schema_name schema_id schema_name type_id type_name db_id db_name
	columnproperty objectproperty serverproperty databasepropertyex objectpropertyex indexproperty original_login suser_sname
	pragma_table_info pragma_table_xinfo pragma_table_list pragma_index_list pragma_index_info pragma_index_xinfo
	pragma_foreign_key_list pragma_database_list pragma_collation_list pragma_compile_options
	sqlite_version sqlite_source_id sqlite_compileoption_used sqlite_compileoption_get sqlite_offset zeroblob subtype
	host family masklen netmask network broadcast hostmask set_masklen text abbrev area center diameter height width
	radius npoints isclosed isopen diagonal bound_box multipoint multilinestring linestring multipolygon subpath
	geometry geography postgis_version nlevel subltree lca ltree ltree2text text2ltree ltxtquery lquery
	collation charset coercibility benchmark_name name_const icu_version bool int2 int4 int8 float4 float8
	bpchar tsquery tsvector to_tsquery to_tsvector grouping_id binary_checksum checksum hashbytes parse try_parse
	try_convert compress decompress formatmessage error_message num_nulls num_nonnulls tableoid arraycontains
	contains freetext containstable freetexttable vector_distance vector_extract vec0 gtid_subset`

// varyingNames are functions whose result is another one each time: asking again is no
// duplicate.
const varyingNames = `
	currval lastval last_insert_id last_insert_rowid scope_identity ident_current changes total_changes row_count
	found_rows random rand randomblob random_normal newid newsequentialid uuid uuid_short gen_random_uuid gen_random_bytes
	random_bytes uuid_generate_v1 uuid_generate_v1mc uuid_generate_v4 uuid_v4 uuid_v7 uuidv4 uuidv7 uuid7 ulid gen_salt
	is_free_lock is_used_lock txid_current txid_current_if_assigned pg_current_xact_id pg_current_xact_id_if_assigned
	pg_current_snapshot pg_current_wal_lsn pg_last_wal_receive_lsn pg_last_wal_replay_lsn
	now clock_timestamp statement_timestamp transaction_timestamp timeofday sysdate curdate curtime utc_date utc_time
	utc_timestamp unix_timestamp unixepoch current_timestamp current_date current_time localtime localtimestamp age
	getdate getutcdate sysdatetime sysutcdatetime sysdatetimeoffset pg_locks master_pos_wait pg_safe_snapshot_blocking_pids
	pg_blocking_pids pg_stat_get_activity pg_stat_file pg_ls_dir pg_read_file error_number benchmark `

// sessionNames are functions that change what the session is or holds: settings, locks.
// What it reads afterwards may be something else.
const sessionNames = `
	set_config pg_advisory_lock pg_advisory_xact_lock pg_advisory_lock_shared pg_advisory_xact_lock_shared
	pg_try_advisory_lock pg_try_advisory_xact_lock pg_try_advisory_lock_shared pg_try_advisory_xact_lock_shared
	pg_advisory_unlock pg_advisory_unlock_shared pg_advisory_unlock_all get_lock release_lock release_all_locks
	pg_sleep pg_sleep_for pg_sleep_until sleep sp_getapplock sp_releaseapplock setseed load_extension
	sp_set_session_context `

const changingNames = `nextval setval next_value pg_notify lo_create lo_unlink lo_import lo_put pg_terminate_backend
	pg_cancel_backend dblink_exec pg_logical_emit_message`

// timeWords are read without a bracket, and are another value each time.
var timeWords = wordSet(`current_timestamp current_date current_time localtime localtimestamp sysdate systimestamp
	utc_timestamp utc_date utc_time`)

// harmless are the verbs that change no data.
var harmless = wordSet(`
	set reset show pragma use describe desc explain listen unlisten discard deallocate prepare fetch move close declare
	lock unlock help analyze vacuum attach detach checkpoint flush open handler check checksum print delimiter go optimize`)
