using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace JobSystem.JobApi.Storage.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class LogFieldsAndProgressCurve : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "progress_curve",
                table: "jobs",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "fields",
                table: "job_logs",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "line",
                table: "job_logs",
                type: "integer",
                nullable: false,
                defaultValue: 0);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "progress_curve",
                table: "jobs");

            migrationBuilder.DropColumn(
                name: "fields",
                table: "job_logs");

            migrationBuilder.DropColumn(
                name: "line",
                table: "job_logs");
        }
    }
}
