using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace JobSystem.Scheduler.Storage.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "schedule_fires",
                columns: table => new
                {
                    schedule_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    tick = table.Column<long>(type: "INTEGER", nullable: false),
                    job_id = table.Column<string>(type: "TEXT", nullable: false),
                    fired_at = table.Column<long>(type: "INTEGER", nullable: false),
                    sent_at = table.Column<long>(type: "INTEGER", nullable: false),
                    submitted_at = table.Column<long>(type: "INTEGER", nullable: true),
                    outcome = table.Column<string>(type: "TEXT", nullable: true),
                    outcome_at = table.Column<long>(type: "INTEGER", nullable: true),
                    reason = table.Column<string>(type: "TEXT", nullable: true),
                    asked_at = table.Column<long>(type: "INTEGER", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_schedule_fires", x => new { x.schedule_id, x.tick });
                });

            migrationBuilder.CreateTable(
                name: "schedules",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    name = table.Column<string>(type: "TEXT", nullable: false),
                    description = table.Column<string>(type: "TEXT", nullable: true),
                    owner = table.Column<string>(type: "TEXT", nullable: false),
                    status = table.Column<string>(type: "TEXT", nullable: false),
                    revision = table.Column<int>(type: "INTEGER", nullable: false),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false),
                    updated_at = table.Column<long>(type: "INTEGER", nullable: false),
                    cron_expression = table.Column<string>(type: "TEXT", nullable: true),
                    interval_seconds = table.Column<long>(type: "INTEGER", nullable: true),
                    run_at = table.Column<long>(type: "INTEGER", nullable: true),
                    timezone = table.Column<string>(type: "TEXT", nullable: false),
                    start_at = table.Column<long>(type: "INTEGER", nullable: true),
                    end_at = table.Column<long>(type: "INTEGER", nullable: true),
                    anchor_at = table.Column<long>(type: "INTEGER", nullable: false),
                    misfire_policy = table.Column<string>(type: "TEXT", nullable: false),
                    overlap_policy = table.Column<string>(type: "TEXT", nullable: false),
                    jitter_seconds = table.Column<double>(type: "REAL", nullable: false),
                    task_name = table.Column<string>(type: "TEXT", nullable: false),
                    task_version = table.Column<string>(type: "TEXT", nullable: true),
                    args = table.Column<string>(type: "TEXT", nullable: true),
                    kwargs = table.Column<string>(type: "TEXT", nullable: true),
                    metadata = table.Column<string>(type: "TEXT", nullable: true),
                    tags = table.Column<string>(type: "TEXT", nullable: false),
                    queue_name = table.Column<string>(type: "TEXT", nullable: true),
                    priority = table.Column<string>(type: "TEXT", nullable: false),
                    max_retries = table.Column<int>(type: "INTEGER", nullable: true),
                    retry_delay = table.Column<double>(type: "REAL", nullable: true),
                    timeout = table.Column<double>(type: "REAL", nullable: true),
                    next_tick = table.Column<long>(type: "INTEGER", nullable: true),
                    next_due_at = table.Column<long>(type: "INTEGER", nullable: true),
                    last_tick = table.Column<long>(type: "INTEGER", nullable: true),
                    last_run_at = table.Column<long>(type: "INTEGER", nullable: true),
                    last_job_id = table.Column<string>(type: "TEXT", nullable: true),
                    last_outcome = table.Column<string>(type: "TEXT", nullable: true),
                    last_outcome_at = table.Column<long>(type: "INTEGER", nullable: true),
                    fired_count = table.Column<long>(type: "INTEGER", nullable: false),
                    missed_count = table.Column<long>(type: "INTEGER", nullable: false),
                    skipped_count = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_schedules", x => x.id);
                    table.CheckConstraint("ck_schedules_due", "(next_due_at is not null) = (status = 'active')");
                    table.CheckConstraint("ck_schedules_status", "status in ('active', 'paused', 'completed')");
                    table.CheckConstraint("ck_schedules_when", "(case when cron_expression is null then 0 else 1 end) + (case when interval_seconds is null then 0 else 1 end) + (case when run_at is null then 0 else 1 end) = 1");
                });

            migrationBuilder.CreateIndex(
                name: "ix_schedule_fires_open",
                table: "schedule_fires",
                columns: new[] { "schedule_id", "submitted_at" },
                filter: "outcome is null");

            migrationBuilder.CreateIndex(
                name: "ix_schedule_fires_outcome_at",
                table: "schedule_fires",
                column: "outcome_at",
                filter: "outcome is not null");

            migrationBuilder.CreateIndex(
                name: "ix_schedule_fires_unsent",
                table: "schedule_fires",
                column: "sent_at",
                filter: "submitted_at is null and outcome is null");

            migrationBuilder.CreateIndex(
                name: "ux_schedule_fires_job_id",
                table: "schedule_fires",
                column: "job_id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_schedules_created_at",
                table: "schedules",
                columns: new[] { "created_at", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_schedules_next_due_at",
                table: "schedules",
                column: "next_due_at",
                filter: "next_due_at is not null");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "schedule_fires");

            migrationBuilder.DropTable(
                name: "schedules");
        }
    }
}
