using System;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace JobSystem.JobApi.Storage.Postgres.Migrations
{
    /// <summary>
    /// The schema as it was on 28 November 2026, in one step. It has the name of the last of the migrations that led there, so that a database that has all
    /// of them goes on from here.
    /// </summary>
    [DbContext(typeof(PostgresJobsContext))]
    [Migration("20261128180000_ReadyAtOfEarlierVersions")]
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "api_keys",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "text", nullable: false),
                    owner = table.Column<string>(type: "text", nullable: false),
                    permissions = table.Column<string>(type: "text", nullable: false),
                    prefix = table.Column<string>(type: "text", nullable: false),
                    hash = table.Column<string>(type: "text", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    created_by = table.Column<string>(type: "text", nullable: false),
                    expires_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    last_used_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    revoked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_api_keys", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "audit_entries",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false),
                    entry_key = table.Column<Guid>(type: "uuid", nullable: false),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    actor = table.Column<string>(type: "text", nullable: false),
                    credential = table.Column<string>(type: "text", nullable: false),
                    surface = table.Column<string>(type: "text", nullable: false),
                    action = table.Column<string>(type: "text", nullable: false),
                    object_type = table.Column<string>(type: "text", nullable: true),
                    object_id = table.Column<string>(type: "text", nullable: true),
                    address = table.Column<string>(type: "text", nullable: true),
                    outcome = table.Column<string>(type: "text", nullable: false),
                    status = table.Column<int>(type: "integer", nullable: true),
                    code = table.Column<string>(type: "text", nullable: true),
                    details = table.Column<string>(type: "text", nullable: true),
                    trace_id = table.Column<string>(type: "text", nullable: true),
                    previous_hash = table.Column<string>(type: "text", nullable: false),
                    hash = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_audit_entries", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "duties",
                columns: table => new
                {
                    name = table.Column<string>(type: "text", nullable: false),
                    holder = table.Column<string>(type: "text", nullable: false),
                    held_until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_duties", x => x.name);
                });

            migrationBuilder.CreateTable(
                name: "job_logs",
                columns: table => new
                {
                    job_id = table.Column<Guid>(type: "uuid", nullable: false),
                    seq = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityAlwaysColumn),
                    attempt = table.Column<int>(type: "integer", nullable: false),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    level = table.Column<string>(type: "text", nullable: false),
                    message = table.Column<string>(type: "text", nullable: false),
                    line = table.Column<int>(type: "integer", nullable: false, defaultValue: 0),
                    fields = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_job_logs", x => new { x.job_id, x.seq });
                });

            migrationBuilder.CreateTable(
                name: "job_totals",
                columns: table => new
                {
                    queue_name = table.Column<string>(type: "text", nullable: false),
                    task_name = table.Column<string>(type: "text", nullable: false),
                    priority = table.Column<short>(type: "smallint", nullable: false),
                    submitted = table.Column<long>(type: "bigint", nullable: false),
                    started = table.Column<long>(type: "bigint", nullable: false),
                    completed = table.Column<long>(type: "bigint", nullable: false),
                    failed = table.Column<long>(type: "bigint", nullable: false),
                    timed_out = table.Column<long>(type: "bigint", nullable: false),
                    retried = table.Column<long>(type: "bigint", nullable: false),
                    cancelled = table.Column<long>(type: "bigint", nullable: false),
                    expired = table.Column<long>(type: "bigint", nullable: false),
                    rescued = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_job_totals", x => new { x.queue_name, x.task_name, x.priority });
                });

            migrationBuilder.CreateTable(
                name: "jobs",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    version = table.Column<int>(type: "integer", nullable: false),
                    state = table.Column<string>(type: "text", nullable: false),
                    key = table.Column<string>(type: "text", nullable: true),
                    task_name = table.Column<string>(type: "text", nullable: false),
                    task_version = table.Column<string>(type: "text", nullable: true),
                    queue_name = table.Column<string>(type: "text", nullable: false),
                    priority = table.Column<byte>(type: "smallint", nullable: false),
                    owner = table.Column<string>(type: "text", nullable: false),
                    args = table.Column<string>(type: "text", nullable: true),
                    kwargs = table.Column<string>(type: "text", nullable: true),
                    metadata = table.Column<string>(type: "text", nullable: true),
                    tags = table.Column<string[]>(type: "text[]", nullable: true),
                    title = table.Column<string>(type: "text", nullable: true),
                    description = table.Column<string>(type: "text", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    scheduled_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    max_retries = table.Column<int>(type: "integer", nullable: false),
                    retry_delay = table.Column<double>(type: "double precision", nullable: false),
                    timeout_seconds = table.Column<double>(type: "double precision", nullable: false),
                    idempotency_key = table.Column<string>(type: "text", nullable: true),
                    request_hash = table.Column<byte[]>(type: "bytea", nullable: true),
                    traceparent = table.Column<string>(type: "text", nullable: true),
                    parent_id = table.Column<Guid>(type: "uuid", nullable: true),
                    parent_key = table.Column<string>(type: "text", nullable: true),
                    schedule_id = table.Column<string>(type: "text", nullable: true),
                    pinned_to = table.Column<string>(type: "text", nullable: true),
                    expires_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    attempt = table.Column<int>(type: "integer", nullable: false),
                    retry_count = table.Column<int>(type: "integer", nullable: false),
                    lost_count = table.Column<int>(type: "integer", nullable: false),
                    lost_attempt = table.Column<int>(type: "integer", nullable: false),
                    worker_id = table.Column<string>(type: "text", nullable: true),
                    lease_until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    not_before = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    ready_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    dispatched_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    due_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    completed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    outcome = table.Column<string>(type: "text", nullable: true),
                    cancel_requested_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    cancel_reason = table.Column<string>(type: "text", nullable: true),
                    progress = table.Column<double>(type: "double precision", nullable: false),
                    progress_message = table.Column<string>(type: "text", nullable: true),
                    progress_curve = table.Column<string>(type: "text", nullable: true),
                    result = table.Column<string>(type: "text", nullable: true),
                    error = table.Column<string>(type: "text", nullable: true),
                    fingerprint = table.Column<string>(type: "text", nullable: true),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    history = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_jobs", x => x.id);
                    table.CheckConstraint("ck_jobs_completed_at", "(completed_at is not null) = (state in ('completed', 'failed', 'cancelled', 'timeout', 'expired'))");
                    table.CheckConstraint("ck_jobs_counts", "version > 0 and attempt >= 0 and retry_count >= 0 and lost_count >= 0");
                    table.CheckConstraint("ck_jobs_outcome", "coalesce(outcome, '') = case when state in ('completed', 'failed', 'cancelled', 'timeout', 'expired') and state <> 'completed' then state else '' end");
                    table.CheckConstraint("ck_jobs_priority", "priority between 1 and 4");
                    table.CheckConstraint("ck_jobs_progress", "progress between 0 and 100");
                    table.CheckConstraint("ck_jobs_state", "state in ('pending', 'reserved', 'running', 'retrying', 'completed', 'failed', 'cancelled', 'timeout', 'expired')");
                    table.CheckConstraint("ck_jobs_worker", "state not in ('reserved', 'running') or (worker_id is not null and attempt > 0)");
                })
                .Annotation("Npgsql:StorageParameter:autovacuum_analyze_scale_factor", 0.02m)
                .Annotation("Npgsql:StorageParameter:autovacuum_vacuum_insert_scale_factor", 0.05m)
                .Annotation("Npgsql:StorageParameter:autovacuum_vacuum_scale_factor", 0.02m)
                .Annotation("Npgsql:StorageParameter:fillfactor", 50);

            migrationBuilder.CreateTable(
                name: "queue_slots",
                columns: table => new
                {
                    job_id = table.Column<Guid>(type: "uuid", nullable: false),
                    queue_name = table.Column<string>(type: "text", nullable: false),
                    attempt = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_queue_slots", x => x.job_id);
                });

            migrationBuilder.CreateTable(
                name: "queued_tasks",
                columns: table => new
                {
                    queue_name = table.Column<string>(type: "text", nullable: false),
                    task_name = table.Column<string>(type: "text", nullable: false),
                    version = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_queued_tasks", x => new { x.queue_name, x.task_name, x.version });
                });

            migrationBuilder.CreateTable(
                name: "queues",
                columns: table => new
                {
                    name = table.Column<string>(type: "text", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    description = table.Column<string>(type: "text", nullable: true),
                    is_paused = table.Column<bool>(type: "boolean", nullable: false, defaultValue: false),
                    max_concurrency = table.Column<int>(type: "integer", nullable: true),
                    rate_limit = table.Column<int>(type: "integer", nullable: true),
                    rate_period = table.Column<double>(type: "double precision", nullable: true),
                    tokens = table.Column<double>(type: "double precision", nullable: true),
                    tokens_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_queues", x => x.name);
                });

            migrationBuilder.CreateTable(
                name: "rollup_inbox",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    lines = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_rollup_inbox", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "rollups",
                columns: table => new
                {
                    step_seconds = table.Column<int>(type: "integer", nullable: false),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    queue_name = table.Column<string>(type: "text", nullable: false),
                    task_name = table.Column<string>(type: "text", nullable: false),
                    submitted = table.Column<long>(type: "bigint", nullable: false),
                    started = table.Column<long>(type: "bigint", nullable: false),
                    completed = table.Column<long>(type: "bigint", nullable: false),
                    failed = table.Column<long>(type: "bigint", nullable: false),
                    timed_out = table.Column<long>(type: "bigint", nullable: false),
                    retried = table.Column<long>(type: "bigint", nullable: false),
                    cancelled = table.Column<long>(type: "bigint", nullable: false),
                    expired = table.Column<long>(type: "bigint", nullable: false),
                    rescued = table.Column<long>(type: "bigint", nullable: false),
                    wait = table.Column<string>(type: "text", nullable: true),
                    run = table.Column<string>(type: "text", nullable: true),
                    total = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_rollups", x => new { x.step_seconds, x.at, x.queue_name, x.task_name });
                });

            migrationBuilder.CreateTable(
                name: "task_workers",
                columns: table => new
                {
                    name = table.Column<string>(type: "text", nullable: false),
                    version = table.Column<string>(type: "text", nullable: false),
                    worker_id = table.Column<string>(type: "text", nullable: false),
                    last_seen_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    parameters_hash = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_task_workers", x => new { x.name, x.version, x.worker_id });
                });

            migrationBuilder.CreateTable(
                name: "tasks",
                columns: table => new
                {
                    name = table.Column<string>(type: "text", nullable: false),
                    version = table.Column<string>(type: "text", nullable: false),
                    announcement = table.Column<string>(type: "json", nullable: false),
                    first_seen_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    last_seen_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_tasks", x => new { x.name, x.version });
                });

            migrationBuilder.CreateTable(
                name: "workers",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false),
                    name = table.Column<string>(type: "text", nullable: false),
                    host = table.Column<string>(type: "text", nullable: false),
                    version = table.Column<string>(type: "text", nullable: false),
                    status = table.Column<string>(type: "text", nullable: false),
                    started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    last_seen_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    queues = table.Column<string>(type: "text", nullable: false),
                    attempts = table.Column<string>(type: "text", nullable: false),
                    slots = table.Column<int>(type: "integer", nullable: false),
                    running = table.Column<int>(type: "integer", nullable: false),
                    processed = table.Column<long>(type: "bigint", nullable: false),
                    failed = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_workers", x => x.id);
                });

            migrationBuilder.CreateIndex(
                name: "ux_api_keys_hash",
                table: "api_keys",
                column: "hash",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_audit_entries_action",
                table: "audit_entries",
                columns: new[] { "action", "at", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_audit_entries_actor",
                table: "audit_entries",
                columns: new[] { "actor", "at", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_audit_entries_at",
                table: "audit_entries",
                columns: new[] { "at", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_audit_entries_object_id",
                table: "audit_entries",
                columns: new[] { "object_id", "at", "id" },
                filter: "object_id is not null");

            migrationBuilder.CreateIndex(
                name: "ix_audit_entries_outcome",
                table: "audit_entries",
                columns: new[] { "outcome", "at", "id" },
                filter: "outcome <> 'done'");

            migrationBuilder.CreateIndex(
                name: "ux_audit_entries_entry_key",
                table: "audit_entries",
                column: "entry_key",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_jobs_confirmed",
                table: "jobs",
                columns: new[] { "queue_name", "task_name", "priority", "dispatched_at" },
                filter: "completed_at is null and dispatched_at > '1970-01-01 00:00:00+00'");

            migrationBuilder.CreateIndex(
                name: "ix_jobs_created_at",
                table: "jobs",
                columns: new[] { "created_at", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_jobs_due_at",
                table: "jobs",
                column: "due_at",
                filter: "due_at is not null");

            migrationBuilder.CreateIndex(
                name: "ix_jobs_ended",
                table: "jobs",
                columns: new[] { "outcome", "completed_at", "owner", "queue_name", "task_name", "priority" },
                filter: "completed_at is not null");

            migrationBuilder.CreateIndex(
                name: "ix_jobs_fingerprint",
                table: "jobs",
                columns: new[] { "fingerprint", "completed_at" },
                filter: "fingerprint is not null");

            migrationBuilder.CreateIndex(
                name: "ix_jobs_outcome",
                table: "jobs",
                columns: new[] { "outcome", "created_at" },
                filter: "outcome is not null");

            migrationBuilder.CreateIndex(
                name: "ix_jobs_owner",
                table: "jobs",
                columns: new[] { "owner", "created_at", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_jobs_parent_id",
                table: "jobs",
                column: "parent_id",
                filter: "parent_id is not null");

            migrationBuilder.CreateIndex(
                name: "ix_jobs_parked",
                table: "jobs",
                columns: new[] { "queue_name", "priority", "ready_at" },
                descending: new[] { false, true, false },
                filter: "dispatched_at = '1970-01-01 00:00:00+00'");

            migrationBuilder.CreateIndex(
                name: "ix_jobs_schedule_id",
                table: "jobs",
                columns: new[] { "schedule_id", "created_at" },
                filter: "schedule_id is not null");

            migrationBuilder.CreateIndex(
                name: "ix_jobs_tags",
                table: "jobs",
                column: "tags",
                filter: "tags is not null")
                .Annotation("Npgsql:IndexMethod", "gin");

            migrationBuilder.CreateIndex(
                name: "ix_jobs_waiting",
                table: "jobs",
                columns: new[] { "queue_name", "priority", "ready_at" },
                descending: new[] { false, true, false },
                filter: "completed_at is null");

            migrationBuilder.CreateIndex(
                name: "ux_jobs_idempotency_key",
                table: "jobs",
                columns: new[] { "owner", "idempotency_key" },
                unique: true,
                filter: "idempotency_key is not null");

            migrationBuilder.CreateIndex(
                name: "ix_queue_slots_queue_name",
                table: "queue_slots",
                column: "queue_name");

            migrationBuilder.Sql("alter table jobs alter column ready_at set default statement_timestamp()");
            migrationBuilder.Sql(TextSearchIndexes);
            migrationBuilder.Sql(AuditProtection.Postgres);
            migrationBuilder.Sql(ClaimFunctions.OpenQueues);
            migrationBuilder.Sql(ClaimFunctions.ClaimRoom);
        }

        /// <summary>
        /// Trigram indexes for the free text of the list. Jobs without a title, a key of their own or an error cost nothing in them. Where the extension must
        /// not be created (it is part of PostgreSQL's contrib, and the owner of a database may create it), the search reads the table.
        /// </summary>
        const string TextSearchIndexes = """
            do $$
            declare
                trigrams text;
            begin
                -- A database has it once, so it does not belong into a schema of ours
                if exists (select from pg_namespace where nspname = 'public') and has_schema_privilege('public', 'create') then
                    create extension if not exists pg_trgm schema public;
                else
                    create extension if not exists pg_trgm;
                end if;
                -- It may be in a schema outside of the search path
                select format('%I.gin_trgm_ops', n.nspname) into trigrams
                from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_trgm';
                execute format('create index ix_jobs_key_text on jobs using gin (key %s) where key is not null', trigrams);
                execute format('create index ix_jobs_title_text on jobs using gin (title %s) where title is not null', trigrams);
                execute format('create index ix_jobs_error_text on jobs using gin (substring(error, 1, 1000) %s) where error is not null', trigrams);
            exception when insufficient_privilege or undefined_file or feature_not_supported then
                raise warning 'no indexes for the text search of jobs: %', sqlerrm;
            end $$;
            """;
    }
}
