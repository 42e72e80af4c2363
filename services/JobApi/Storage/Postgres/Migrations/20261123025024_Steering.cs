using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace JobSystem.JobApi.Storage.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class Steering : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "description",
                table: "queues",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<bool>(
                name: "is_paused",
                table: "queues",
                type: "boolean",
                nullable: false,
                defaultValue: false);

            migrationBuilder.AddColumn<int>(
                name: "max_concurrency",
                table: "queues",
                type: "integer",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "rate_limit",
                table: "queues",
                type: "integer",
                nullable: true);

            migrationBuilder.AddColumn<double>(
                name: "rate_period",
                table: "queues",
                type: "double precision",
                nullable: true);

            migrationBuilder.AddColumn<double>(
                name: "tokens",
                table: "queues",
                type: "double precision",
                nullable: true);

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "tokens_at",
                table: "queues",
                type: "timestamp with time zone",
                nullable: true);

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
                name: "ix_jobs_parked",
                table: "jobs",
                columns: new[] { "queue_name", "priority", "created_at" },
                descending: new[] { false, true, false },
                filter: "dispatched_at = '1970-01-01 00:00:00+00'");

            migrationBuilder.CreateIndex(
                name: "ix_queue_slots_queue_name",
                table: "queue_slots",
                column: "queue_name");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "queue_slots");

            migrationBuilder.DropTable(
                name: "workers");

            migrationBuilder.DropIndex(
                name: "ix_jobs_parked",
                table: "jobs");

            migrationBuilder.DropColumn(
                name: "description",
                table: "queues");

            migrationBuilder.DropColumn(
                name: "is_paused",
                table: "queues");

            migrationBuilder.DropColumn(
                name: "max_concurrency",
                table: "queues");

            migrationBuilder.DropColumn(
                name: "rate_limit",
                table: "queues");

            migrationBuilder.DropColumn(
                name: "rate_period",
                table: "queues");

            migrationBuilder.DropColumn(
                name: "tokens",
                table: "queues");

            migrationBuilder.DropColumn(
                name: "tokens_at",
                table: "queues");
        }
    }
}
