# One build for all services; choose one with --target:  docker build --target jobapi -t jobsystem-jobapi .
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /src
# project files first, so that packages are restored again only when one of these changes
COPY Directory.Build.props Directory.Packages.props global.json .editorconfig ./
COPY eng/ eng/
COPY api/*.csproj api/
COPY contracts/*.csproj contracts/
COPY hosting/Directory.Build.props hosting/
COPY hosting/ServiceDefaults/*.csproj hosting/ServiceDefaults/
COPY sdk/dotnet/Directory.Build.props sdk/dotnet/
COPY sdk/dotnet/Abstractions/*.csproj sdk/dotnet/Abstractions/
COPY sdk/dotnet/Client/*.csproj sdk/dotnet/Client/
COPY sdk/dotnet/Worker/*.csproj sdk/dotnet/Worker/
COPY sdk/dotnet/Worker.RabbitMQ/*.csproj sdk/dotnet/Worker.RabbitMQ/
COPY gateway/*.csproj gateway/
COPY services/Directory.Build.props services/
COPY services/JobApi/*.csproj services/JobApi/
COPY services/Executor/*.csproj services/Executor/
COPY services/Scheduler/*.csproj services/Scheduler/
COPY services/Monitoring/*.csproj services/Monitoring/
RUN for project in gateway/*.csproj services/*/*.csproj; do \
        dotnet restore "$project" --use-current-runtime -p:PublishReadyToRun=true || exit 1; \
    done
COPY api/ api/
COPY contracts/ contracts/
COPY hosting/ hosting/
COPY sdk/ sdk/
COPY gateway/ gateway/
COPY services/ services/
RUN for project in gateway/*.csproj services/*/*.csproj; do \
        dotnet publish "$project" -c Release --no-restore --use-current-runtime --no-self-contained -p:PublishReadyToRun=true \
            -o "/out/$(basename "$project" .csproj)" || exit 1; \
    done

FROM mcr.microsoft.com/dotnet/aspnet:10.0 AS service
ENV DOTNET_EnableDiagnostics=0
EXPOSE 8080
WORKDIR /app
USER $APP_UID
# the image has no curl; bash can ask as well
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=6 \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /health/ready HTTP/1.0\\r\\n\\r\\n' >&3 && read -r line <&3 && [[ $line == *' 200 '* ]]"]

FROM service AS jobapi
COPY --from=build /out/JobApi .
ENTRYPOINT ["dotnet", "JobSystem.JobApi.dll"]

FROM service AS executor
COPY --from=build /out/Executor .
ENTRYPOINT ["dotnet", "JobSystem.Executor.dll"]

FROM service AS scheduler
COPY --from=build /out/Scheduler .
ENTRYPOINT ["dotnet", "JobSystem.Scheduler.dll"]

FROM service AS monitoring
COPY --from=build /out/Monitoring .
ENTRYPOINT ["dotnet", "JobSystem.Monitoring.dll"]

FROM service AS gateway
COPY --from=build /out/Gateway .
ENTRYPOINT ["dotnet", "JobSystem.Gateway.dll"]
