using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace JobSystem.JobApi.Storage.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class ReadyAt : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_jobs_waiting",
                table: "jobs");

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "ready_at",
                table: "jobs",
                type: "timestamp with time zone",
                nullable: false,
                defaultValue: DateTimeOffset.UnixEpoch);

            // Final jobs are not asked for
            migrationBuilder.Sql("update jobs set ready_at = coalesce(not_before, created_at) where completed_at is null");

            migrationBuilder.CreateIndex(
                name: "ix_jobs_waiting",
                table: "jobs",
                columns: new[] { "queue_name", "priority", "ready_at" },
                descending: new[] { false, true, false },
                filter: "completed_at is null");

            migrationBuilder.DropIndex(
                name: "ix_jobs_parked",
                table: "jobs");

            migrationBuilder.CreateIndex(
                name: "ix_jobs_parked",
                table: "jobs",
                columns: new[] { "queue_name", "priority", "ready_at" },
                descending: new[] { false, true, false },
                filter: "dispatched_at = '1970-01-01 00:00:00+00'");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_jobs_waiting",
                table: "jobs");

            migrationBuilder.DropIndex(
                name: "ix_jobs_parked",
                table: "jobs");

            migrationBuilder.CreateIndex(
                name: "ix_jobs_parked",
                table: "jobs",
                columns: new[] { "queue_name", "priority", "created_at" },
                descending: new[] { false, true, false },
                filter: "dispatched_at = '1970-01-01 00:00:00+00'");

            migrationBuilder.DropColumn(
                name: "ready_at",
                table: "jobs");

            migrationBuilder.CreateIndex(
                name: "ix_jobs_waiting",
                table: "jobs",
                columns: new[] { "queue_name", "priority", "created_at" },
                descending: new[] { false, true, false },
                filter: "completed_at is null");
        }
    }
}
